"""What a run depends on, and its name: the same parts, the same key, no second execution.

A key covers the code of the cells (not the prose, not the captions), the profile's parameters, the
code of the package's modules that the cells can reach, the data, the libraries, what kernels are
given, the keys of the chapters whose results it reads, and the results from elsewhere that it can
show: its own reference on embedded data, those of the chapters that it sums up, and kept
measurements that it names.

Code counts as what Python makes of it: comments and layout do not. Of modules, docstrings do not
count either: no chapter shows one, and they are what is edited most. In a cell a text that stands
alone may be its output, so there it counts.
"""

import ast
import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path

from IPython.core.displayhook import DisplayHook
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement

from nbhelpers.publish import kernels
from nbhelpers.publish.project import PACKAGE, PublishError, pyproject, read_json

LABELS = {
    "cells": "code cell",
    "parameters": "parameter",
    "modules": "package file",
    "data": "data set",
    "libraries": "library",
    "kernel": "kernel setting",
    "after": "the run of chapter",
    "reference": "reference result",
}
REFERENCE = PACKAGE / "reference"
KEPT = PACKAGE / "kept"  # measurements that no page can make: hours of training, a reader's copy
EMBEDDED = "embedded-"  # how the fingerprint of an embedded data set begins
# How the tags begin that change what papermill, nbclient or nbval do; others only change the page.
TAGS = ("parameters", "injected-parameters", "raises-exception", "skip-execution", "nbval-")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
LOADER = re.compile(re.escape(PACKAGE.name) + r"\.datasets\.load_(?:packaged_)?(\w+)")


def digest(content):
    """Return the SHA-256 of bytes, or of anything that JSON can hold, in hexadecimal."""
    if not isinstance(content, bytes):
        content = json.dumps(content, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def file_digest(path):
    return digest(Path(path).read_bytes())


def run_keys(chapters, profile, fetch=False):
    """Return what each run depends on.

    Parameters
    ----------
    chapters : dict of str to Chapter
        All chapters with code.
    profile : {"full", "quick"}
    fetch : bool, default=False
        Whether to download first what the chapters load and this machine lacks.

    Returns
    -------
    dict of str to dict
        chapter -> ``{"key": ..., "parts": ..., "after": ...}``.
    """
    order = _in_order(chapters)
    libraries = library_versions()
    sets = {chapter.name: _data_sets(syntax(chapter)) for chapter in order}
    data = _fingerprints(sorted({name for names in sets.values() for name in names}), fetch)
    given = kernels.ENVIRONMENT | {"ipython": kernels.SETTINGS}
    keys = {}
    for chapter in order:
        loaded = {name: data[name] for name in sets[chapter.name]}
        parts = code_parts(chapter, profile) | {
            "data": loaded,
            "libraries": libraries,
            "kernel": given,
            "after": {name: keys[name]["key"] for name in chapter.after},
            "reference": _references(chapter, loaded) | _kept(syntax(chapter)),
        }
        key = digest(parts)[:16]
        keys[chapter.name] = {"key": key, "parts": parts, "after": chapter.after}
    return keys


def code_parts(chapter, profile):
    """Return the parts of a key that an edit can change while a build is under way."""
    trees = syntax(chapter)
    cells = map(_cell_digest, chapter.code_cells, trees)
    files = reachable_files(trees)
    return {
        "cells": {str(number): cell for number, cell in enumerate(cells, 1)},
        "parameters": chapter.overrides(profile),
        "modules": {_relative(path): module_digest(path) for path in files},
    }


def _cell_digest(cell, tree):
    # A semicolon at the end silences a cell, and is nothing to Python.
    python, _ = _parsed(cell.source)
    silent = ";" in python and DisplayHook.semicolon_at_end_of_expression(python)
    tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith(TAGS)]
    return digest([_shape(tree), silent, sorted(tags)])[:16]


def module_digest(path):
    """Return a digest of a file of the package: of a module's code, else of its bytes."""
    content = path.read_bytes()
    return (_code_digest if path.suffix == ".py" else digest)(content)[:16]


@cache  # many chapters reach the same modules
def _code_digest(source):
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return digest(_shape(tree))


def _shape(node):
    """Return a syntax tree as lists, the same from every version of Python that we support.

    `ast.dump` is not: fields come in new, and empty ones, or empty texts in f-strings, are there
    or not.
    """
    if isinstance(node, ast.JoinedStr):
        node.values = [part for part in node.values if getattr(part, "value", None) != ""]
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return [type(node).__name__, *((name, _shape(value)) for name, value in fields)]
    return [_shape(item) for item in node] if isinstance(node, list) else repr(node)


def differences(old, new):
    """Return one line for each part that differs between two runs' ``parts``."""
    lines = []
    for kind in new:
        before, after = old.get(kind, {}), new[kind]
        for name in sorted(before.keys() | after.keys(), key=lambda name: (len(name), name)):
            if name not in before:
                lines.append(f"{LABELS[kind]} {name} is new")
            elif name not in after:
                lines.append(f"{LABELS[kind]} {name} is gone")
            elif before[name] != after[name]:
                shown = kind in ("parameters", "libraries")
                change = f"was {before[name]}, is {after[name]}" if shown else "changed"
                lines.append(f"{LABELS[kind]} {name} {change}")
    return lines


def library_versions():
    """Return the versions of Python and of what the package's core depends on."""
    needed = pyproject(PACKAGE.parent)["dependencies"]
    names = sorted(Requirement(line).name for line in needed)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python} | {name: _version(name) for name in names}


def _version(name):
    """Return a library's version, also where it is shipped as tensorflow-cpu or the like."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    others = metadata.packages_distributions().get(name)
    if not others:
        raise PublishError(f"The library {name} is not installed; `make env` installs it.")
    return metadata.version(others[0])


def reachable_files(trees, package=PACKAGE):
    """Return the files of the package that code can reach by importing, directly or not.

    Imports inside functions count. A file that lies beside a module and is named in it by a string
    (a schema, a word list) counts as well.

    Parameters
    ----------
    trees : sequence of ast.AST
        The code.
    package : Path
        Folder of the package.

    Returns
    -------
    list of Path
        Sorted.
    """
    modules, beside, known = set(), set(), set()
    todo = {name for tree in trees for name in _imports(tree, "")}
    while todo:
        known |= todo
        found = {_module_file(name, package) for name in todo} - modules - {None}
        modules |= found
        todo = set()
        for path in found:
            imported, named = _reads(path.read_bytes(), _package_name(path, package))
            todo |= imported - known
            # Of hundreds of strings few are files: one look into the folder finds these.
            beside |= {path.with_name(name) for name in named.intersection(os.listdir(path.parent))}
    return sorted(modules | set(filter(Path.is_file, beside)))


@cache
def _reads(source, package_name):
    """Return what a module imports, and what it names that may be a file beside it."""
    tree = ast.parse(source)
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    names = {text for text in strings if isinstance(text, str) and 0 < len(text) < 100}
    return set(_imports(tree, package_name)), {text for text in names if text == Path(text).name}


def _imports(tree, package_name):
    """Yield dotted names that code may import, each with its parents."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package_name.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*parents, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _module_file(name, package):
    if name.split(".")[0] != package.name:
        return None
    path = package.parent.joinpath(*name.split("."))
    candidates = (path.with_name(path.name + ".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def _package_name(path, package):
    """Return the dotted name of the package in which a module's relative imports start."""
    return ".".join(path.parent.relative_to(package.parent).parts)


def _relative(path):
    return path.relative_to(PACKAGE.parent).as_posix()


def _references(chapter, loaded):
    """Return the digests of the reference results that a run may show, by name.

    A page that sums up others may show all of theirs. Any other shows its own, if that is of real
    data and the run is not. A run on real data must not depend on it: else writing the references,
    which are made from those runs, would make all of them run again.
    """
    files = [REFERENCE / f"{name.rpartition('/')[2]}.json" for name in chapter.after]
    own = REFERENCE / f"{chapter.short_name}.json"
    embedded = any(fingerprint.startswith(EMBEDDED) for fingerprint in loaded.values())
    if embedded and own.exists() and _is_of_real_data(own):
        files.append(own)
    return {file.stem: file_digest(file)[:16] for file in files if file.exists()}


def _kept(trees):
    """Return the digests of the kept measurements that code names, by name."""
    named = {
        node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }
    return {
        f"kept {file.stem}": file_digest(file)[:16]
        for file in KEPT.glob("*.json")
        if file.stem in named
    }


def _is_of_real_data(reference):
    data = read_json(reference)["data"]
    return bool(data) and data["kind"] != "embedded"


def _in_order(chapters):
    graph = TopologicalSorter({name: chapter.after for name, chapter in chapters.items()})
    try:
        return [chapters[name] for name in graph.static_order()]
    except CycleError as error:
        circle = " after ".join(error.args[1])
        raise PublishError(f"Chapters wait for each other: {circle}.") from None


def syntax(chapter):
    """Return the syntax tree of every code cell."""
    trees = []
    for number, cell in enumerate(chapter.code_cells, 1):
        try:
            trees.append(_parsed(cell.source)[1])
        except SyntaxError as error:
            place = chapter.where(number, error.lineno or 1)
            raise PublishError(f"{chapter.name}, {place}: {error.msg}: {error.text}") from None
    return trees


@cache
def _parsed(source):
    """Return a cell as Python and its syntax tree: ``%magics`` as the calls that IPython makes."""
    try:
        return source, ast.parse(source)
    except SyntaxError:
        python = TransformerManager().transform_cell(source)
        return python, ast.parse(python)


def _data_sets(trees):
    """Return the names of the data sets that code loads by ``datasets.load_<name>``, sorted.

    Names are followed to what was imported by them, so another library's ``datasets`` is no data
    set of ours. What ``make_<name>`` generates is known from the package's own code.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = _imported(nodes)
    names = set().union(*imported.values(), *(_meant(node, imported) for node in nodes))
    return sorted({match[1] for match in map(LOADER.fullmatch, names) if match})


def _imported(nodes):
    """Return the full names of what code imports, by the name that it uses: a name may have two."""
    found = defaultdict(set)
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or whole].add(whole)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name].add(f"{node.module}.{alias.name}")
    return found


def _meant(node, imported):
    """Return the full names that ``a`` or ``a.b.c`` may have, or none if it is anything else."""
    if isinstance(node, ast.Name):
        stars = {star.replace("*", node.id) for star in imported.get("*", ())}
        return imported.get(node.id, stars)
    if isinstance(node, ast.Attribute):
        return {f"{owner}.{node.attr}" for owner in _meant(node.value, imported)}
    return set()


def _fingerprints(names, fetch):
    """Ask the package what data it would load now; in a process of its own, as chapters do."""
    if not names:
        return {}
    command = [sys.executable, "-m", "nbhelpers.datasets", "fingerprint", *names]
    answer = subprocess.run(
        command + ["--fetch"] * fetch, stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent
    )
    if answer.returncode:
        raise PublishError("The data cannot be loaded; what is wrong with them stands above.")
    return json.loads(answer.stdout)
