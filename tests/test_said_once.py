"""What a chapter builds is taught once: later ones import it, and what they get is the same."""

import ast
import copy
from collections import defaultdict

import keras
import numpy as np
import pytest
from keras import layers
from real_book import BOOK
from scipy import special

from nbhelpers import classifiers, comparing, nn, training
from nbhelpers.publish.chapters import with_code

rng = np.random.default_rng(0)
# A function of one statement says no more than an import would. Of the longer ones, these two
# chapters were one; the function writes into each chapter's own table and report.
MAX_STATEMENTS = 1
TWICE = {"decide": {"convolution/cnn-against-dense", "convolution/what-each-sees"}}


def definitions(chapter):
    """Return the functions and classes that a chapter's cells define, as syntax trees."""
    lines = "\n".join(cell.source for cell in chapter.code_cells).split("\n")
    code = "\n".join(line for line in lines if not line.startswith(("%", "!")))
    return [node for node in ast.parse(code).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))]  # fmt: skip


def taught(chapter, name, **names):
    """Return the first function of that name that a chapter defines, for these globals."""
    node = next(node for node in definitions(BOOK[chapter]) if node.name == name)
    exec(ast.unparse(node), names)  # the chapters are our own
    return names[name]


def statements(node):
    """Return the statements of a function without its docstring."""
    return node.body[ast.get_docstring(node) is not None :]


class Nameless(ast.NodeTransformer):
    """Call the names of a function by the order in which they appear."""

    def __init__(self):
        self.names = {}

    def number(self, name):
        """Return what stands for a name."""
        return self.names.setdefault(name, f"name{len(self.names)}")

    def visit_FunctionDef(self, node):
        node.name, node.body = self.number(node.name), statements(node)
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.arg = self.number(node.arg)
        return node

    def visit_Name(self, node):
        node.id = self.number(node.id)
        return node


def text_up_to_names(node):
    return ast.unparse(Nameless().visit(copy.deepcopy(node)))


def defined_twice(nodes):
    """Return the names of what is defined by several chapters, and by which.

    ``nodes`` are pairs of a chapter's name and a definition.
    """
    found = defaultdict(list)
    for chapter, node in nodes:
        if len(statements(node)) > MAX_STATEMENTS:
            found[text_up_to_names(node)].append((chapter, node.name))
    return {
        " = ".join(sorted({name for _, name in where})): {chapter for chapter, _ in where}
        for where in found.values()
        if len({chapter for chapter, _ in where}) > 1
    }


def test_no_two_chapters_define_the_same_function():
    nodes = [(name, node) for name in with_code(BOOK) for node in definitions(BOOK[name])]
    assert len(nodes) > 500
    assert defined_twice(nodes) == TWICE


def test_other_names_and_another_docstring_make_no_other_function():
    one, same, other = ast.parse(
        'def f(x, n):\n    """Say one thing."""\n    y = x + n\n    return np.sum(y)\n'
        "def total(z, k):\n    out = z + k\n    return np.sum(out)\n"
        "def g(x, n):\n    y = x - n\n    return np.sum(y)\n"
    ).body
    pairs = [("a", one), ("b", same), ("c", other), ("a", one)]
    assert defined_twice(pairs) == {"f = total": {"a", "b"}}


@pytest.mark.parametrize("shape", [(4, 10), (3, 5, 4), (7,)])
def test_softmax_is_what_the_chapter_on_activations_writes(shape):
    logits = rng.normal(scale=50, size=shape)
    ours = nn.softmax(logits)
    np.testing.assert_array_equal(ours, taught("networks/activations", "softmax", np=np)(logits))
    np.testing.assert_allclose(ours, special.softmax(logits, axis=-1), rtol=1e-12)


@pytest.mark.parametrize(("activation", "size"), [("relu", 28), ("tanh", 32)])
def test_lenet5_is_what_its_chapter_writes(activation, size):
    build = taught("case-studies/lenet5", "lenet5", keras=keras, layers=layers)
    one, other = (_fresh(make, activation, size) for make in (classifiers.lenet5, build))
    assert [layer.get_config() for layer in one.layers] == [
        layer.get_config() for layer in other.layers
    ]
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def _fresh(make, *settings):
    keras.utils.set_random_seed(3)
    return make(*settings)


def test_standardised_pictures_are_what_the_chapter_on_orl_writes():
    x = rng.random((3, 9, 7, 1)).astype("float32")
    theirs = taught("case-studies/orl-faces", "standardise")(x)
    np.testing.assert_array_equal(training.standardise_images(x), theirs)


def test_wilsons_interval_is_what_the_chapter_on_comparing_writes():
    z = float(special.ndtri(0.975))
    ends = taught("networks/comparing", "wilson", np=np, z=z)(931, 1_000)
    ours = comparing.wilson(931, 1_000)
    np.testing.assert_allclose([ours.low, ours.high], ends, rtol=1e-12)
