"""A chapter as text: its cells, its front matter, its `parameters` cell; and how one is begun."""

import ast
import os
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import jupytext
import yaml
from nbformat import NotebookNode

from nbhelpers.publish.project import PACKAGE, PublishError, write_if_changed

TEMPLATE = PACKAGE / "publish" / "skeleton"  # .md, and .toml for the answers to its exercises
SETTINGS = {"quick": dict, "after": list, "memory_mb": int, "seconds": int}
SCOPES = (  # whose names are their own
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
VALIDATED_TAG = "nbval-check-output"
# Binder gives 2,048 MB to all processes of a reader. JupyterLab's server takes some 82 of them; the
# rest above this limit is for page tables and for what starts beside, such as a terminal.
MEMORY_LIMIT_MB = 1900
ENCODING = "utf-8-sig"  # with a byte order mark, as editors on Windows like it, or without
LONG = 10**6  # seconds: what has never run may be the longest, so it goes first


@dataclass(frozen=True)
class Chapter:
    """One page of the book as its author wrote it.

    Attributes
    ----------
    name : str
        The path without ``book/`` and ``.md``, such as ``case-studies/lenet5``.
    path : Path
        The text source.
    notebook : NotebookNode
        The same as a notebook, without outputs.
    """

    name: str
    path: Path
    notebook: NotebookNode

    @property
    def source(self):
        """The path as messages show it, from where the command runs."""
        return os.path.relpath(self.path)

    @property
    def short_name(self):
        """The last part of the name, which also names the results file."""
        return self.name.rpartition("/")[2]

    @property
    def code_cells(self):
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def settings(self):
        """What the front matter says under ``nbhelpers:``."""
        return self.notebook.metadata.get("nbhelpers") or {}

    @property
    def memory_mb(self):
        return self.settings.get("memory_mb", MEMORY_LIMIT_MB)

    @property
    def seconds(self):
        """How long the full run takes, about: orders a build that knows nothing better."""
        return self.settings.get("seconds", LONG)

    @property
    def after(self):
        """Names of the chapters whose results this one reads."""
        return self.settings.get("after", [])

    def overrides(self, profile):
        """Return the parameters that a profile changes: name -> value."""
        return self.settings.get("quick", {}) if profile == "quick" else {}

    @cached_property
    def parameters_cell(self):
        """The one cell tagged ``parameters``."""
        tagged = tagged_cells(self.notebook, "parameters")
        if len(tagged) != 1:
            raise PublishError(
                f"{self.source}: found {len(tagged)} cells tagged `parameters`, expected exactly "
                "one. Put every number that a profile may change into a single such cell."
            )
        return tagged[0]

    def first_lines(self):
        """Return the line of the source at which each cell begins, from 1."""
        lines, end, found = self.path.read_text(ENCODING).split("\n"), 0, []
        for cell in self.notebook.cells:
            source = cell.source.split("\n")
            places = (i for i in range(end, len(lines)) if lines[i : i + len(source)] == source)
            start = next(places, end)
            end = start + len(source)
            found.append(start + 1)
        return found

    def where(self, number, line=1):
        """Say where a line of the code cell with this number (from 1) stands in the source."""
        cells = zip(self.notebook.cells, self.first_lines(), strict=True)
        starts = [start for cell, start in cells if cell.cell_type == "code"]
        place = f"{self.source}:{starts[number - 1] + line - 1}"
        return f"cell {number} of {len(starts)} ({place})"


def tagged_cells(notebook, tag):
    """Return the code cells that carry a tag."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def read_book(book):
    """Read every page under a folder.

    Parameters
    ----------
    book : Path
        Folder; parts whose name begins with ``_`` hold no pages.

    Returns
    -------
    dict of str to Chapter
        By name, sorted. Pages without code cells are among them.

    Raises
    ------
    PublishError
        If a chapter's front matter or `parameters` cell is not as it must be.
    """
    chapters = {}
    for path in sorted(book.rglob("*.md")):
        relative = path.relative_to(book).with_suffix("")
        if not any(part.startswith(("_", ".")) for part in relative.parts):
            chapters[relative.as_posix()] = read_chapter(book, relative.as_posix())
    _check_names(chapters)
    return chapters


def read_chapter(book, name):
    """Read one page, by its path under the folder without the suffix, as `read_book` does."""
    path = book / f"{name}.md"
    try:
        notebook = jupytext.reads(path.read_text(ENCODING), fmt="md:myst")
    except (ValueError, yaml.YAMLError) as error:
        raise PublishError(f"{path}: cannot be read as MyST Markdown: {error}") from error
    chapter = Chapter(name, path, notebook)
    if chapter.code_cells:
        _check_settings(chapter)
        _check_overrides(chapter)
        _check_set_once(chapter)
        if not tagged_cells(notebook, VALIDATED_TAG):
            raise PublishError(
                f"{chapter.source}: no cell is tagged `{VALIDATED_TAG}`, so a second run would "
                "compare nothing. Tag cells that show shapes, counts, equalities or seeded results."
            )
    return chapter


def with_code(chapters):
    """Return those chapters that are executed; the others are prose."""
    return {name: chapter for name, chapter in chapters.items() if chapter.code_cells}


def _check_names(chapters):
    executed = with_code(chapters)
    owners = {}
    for chapter in executed.values():
        other = owners.setdefault(chapter.short_name, chapter)
        if other is not chapter:
            raise PublishError(
                f"{chapter.source} and {other.source} end in the same name; results files are "
                "named by it, so rename one."
            )
        for name in chapter.after:
            if name not in executed:
                raise PublishError(
                    f"{chapter.source}: `after` names {name!r}, which is no chapter with code; "
                    f"expected some of {list(executed)}."
                )


def _check_settings(chapter):
    if "kernelspec" not in chapter.notebook.metadata:
        raise PublishError(f"{chapter.source}: the header names no kernelspec; copy a chapter's.")
    for key, value in chapter.settings.items():
        if key not in SETTINGS or not isinstance(value, SETTINGS[key]):
            expected = ", ".join(f"{name} ({kind.__name__})" for name, kind in SETTINGS.items())
            raise PublishError(
                f"{chapter.source}: found `{key}: {value!r}` under `nbhelpers`; expected some of "
                f"{expected}."
            )
    if "quick" not in chapter.settings:
        raise PublishError(
            f"{chapter.source}: the header has {', '.join(chapter.notebook.metadata)}, but no "
            "`quick` under `nbhelpers`; expected there the values with which every line runs in "
            "seconds. Was it saved by a program that does not know `jupytext.toml`? Then take the "
            "`nbhelpers` block back from git."
        )

    if chapter.memory_mb > MEMORY_LIMIT_MB:
        raise PublishError(
            f"{chapter.source}: found `memory_mb: {chapter.memory_mb}`; expected at most "
            f"{MEMORY_LIMIT_MB}, for a reader's kernel on Binder has no more. Free arrays that are "
            "done with, or compute in smaller parts."
        )


def _check_overrides(chapter):
    defined = _assignments(chapter, chapter.parameters_cell.source)
    for name, value in chapter.overrides("quick").items():
        if name not in defined:
            raise PublishError(
                f"{chapter.source}: the quick profile sets {name!r}, which the `parameters` cell "
                f"does not define; it defines {', '.join(defined) or 'nothing'}."
            )
        try:
            default = ast.literal_eval(defined[name])
        except ValueError:
            continue  # an expression: its type shows when it runs
        if not _same_kind(default, value):
            raise PublishError(
                f"{chapter.source}: the quick profile sets {name} to {value!r}, a "
                f"{type(value).__name__}; the `parameters` cell has {default!r}, a "
                f"{type(default).__name__}. (YAML takes 1e-3 for text: write 1.0e-3.)"
            )


def _check_set_once(chapter):
    """Refuse later cells that set again what the quick profile changes: it would run in full."""
    first = chapter.code_cells.index(chapter.parameters_cell) + 1
    for number, cell in enumerate(chapter.code_cells[first:], first + 1):
        for name in sorted(_set_in(cell.source) & chapter.overrides("quick").keys()):
            raise PublishError(
                f"{chapter.name}, {chapter.where(number)}: sets {name!r}, which the quick profile "
                "changes in the `parameters` cell, so that a quick run would not be quick. Give "
                "the second value another name."
            )


def _set_in(source):
    """Return the names that a cell sets outside of its functions and comprehensions."""
    try:
        todo = [ast.parse(source)]
    except SyntaxError:  # a magic, or a mistake that is told where all cells are parsed
        return set()
    names = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, SCOPES)]
    return names


def _same_kind(default, value):
    if default is None or value is None:
        return True
    if isinstance(default, (list, tuple)):
        same = isinstance(value, list)
        return same and (not default or all(_same_kind(default[0], item) for item in value))
    return type(value) is type(default) or (type(default) is float and type(value) is int)


def _assignments(chapter, source):
    """Return the value's syntax tree of each plain ``name = value`` in a cell."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise PublishError(
            f"{chapter.source}: the `parameters` cell is not Python: {error}"
        ) from None
    found = {}
    for statement in statements:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            target = statement.target
        else:
            continue
        if isinstance(target, ast.Name):
            found[target.id] = statement.value
    return found


def parameters_source(chapter, profile):
    """Return the `parameters` cell with the profile's values in place of the written ones.

    What papermill injects as a cell of its own, a page shows where the reader looks for it; the
    comments behind the values stay.
    """
    text = chapter.parameters_cell.source.encode()  # syntax trees count columns in bytes
    starts = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    values = _assignments(chapter, chapter.parameters_cell.source)
    overrides = chapter.overrides(profile)
    for name in sorted(overrides, key=lambda name: -values[name].lineno):
        node = values[name]
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        text = text[:begin] + repr(overrides[name]).encode() + text[end:]
    return text.decode()


def new_chapter(project, name, title):
    """Write a chapter with every section that a chapter has, and enter it in `_toc.yml`.

    The answers to its exercises go where `nbhelpers.exercises` looks for them.

    Parameters
    ----------
    project : Project
    name : str
        Path within `book/` without ending, such as ``case-studies/orl-faces``.
    title : str

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    PublishError
        If the name is not made of small letters, digits and hyphens, or is taken.
    """
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
        raise PublishError(
            f"Found the name {name!r}; expected a part and a chapter in small letters, digits and "
            "hyphens, such as case-studies/orl-faces."
        )
    last = name.rpartition("/")[2]
    taken = [path for path in project.book.rglob("*.md") if path.stem == last]
    if taken:
        raise PublishError(f"There is {taken[0]} already; labels and results are named by {last}.")
    path = project.book / f"{name}.md"
    for new in (path, project.root / PACKAGE.name / "exercises" / f"{last}.toml"):
        text = TEMPLATE.with_suffix(new.suffix).read_text("utf-8")
        write_if_changed(new, text.replace("@name@", last).replace("@title@", title).encode())
    toc = project.root / "_toc.yml"
    toc.write_text(_with_entry(toc.read_text("utf-8"), name), "utf-8")
    return path


def _with_entry(toc, name):
    """Return `_toc.yml`, comments and all, with a chapter at the end of its part."""
    part = name.partition("/")[0]
    lines = toc.rstrip().split("\n")
    entries = [i for i, line in enumerate(lines) if f"- file: {part}/" in line]
    if entries:
        indent = lines[entries[-1]].partition("-")[0]
        lines.insert(entries[-1] + 1, f"{indent}- file: {name}")
    else:
        caption = part.replace("-", " ").capitalize()
        lines += [f"  - caption: {caption}", "    numbered: 1", "    chapters:"]
        lines += [f"      - file: {name}"]
    return "\n".join([*lines, ""])
