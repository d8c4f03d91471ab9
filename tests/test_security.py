"""What SECURITY.md promises of the code is so, and every test that it names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nbhelpers"
# Calls by which bytes, or a text, could become a program; by their last name.
PROGRAMS = {"eval", "exec", "compile", "system", "popen", "extractall"}
MODULES = {"pickle", "dill", "marshal", "shelve"}
ALLOWED = {"exercises/__init__.py": {"eval"}}  # of the package's own tables


def risks(source):
    """Return what in a program could make another program of what it reads."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} & MODULES
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            last = name.rpartition(".")[2]
            # A method of that name is Keras' or a pattern's.
            found |= {name if last == "compile" else last} & PROGRAMS
            found |= {"yaml.load"} & {name}
            for keyword in node.keywords:
                if ast.unparse(keyword.value) != "False":
                    found |= {"allow_pickle", "shell"} & {keyword.arg}
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_nothing_that_is_read_becomes_a_program(path):
    name = path.relative_to(PACKAGE).as_posix()
    assert risks(path.read_text("utf-8")) <= ALLOWED.get(name, set())


@pytest.mark.parametrize(
    ("source", "risk"),
    [
        ("import pickle", "pickle"),
        ("np.load(file, allow_pickle=True)", "allow_pickle"),
        ("yaml.load(text)", "yaml.load"),
        ("archive.extractall(folder)", "extractall"),
        ("subprocess.run(line, shell=True)", "shell"),
        ("eval(text)", "eval"),
        ("compile(text, file, 'exec')", "compile"),
    ],
)
def test_each_risk_is_seen(source, risk):
    assert risks(source) == {risk}


def test_the_tests_that_hold_the_promises_are_there():
    named = re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(named) >= 8
    assert [name for name in named if not (ROOT / name).is_file()] == []
