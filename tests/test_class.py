"""The set for a class: students' notebooks hold no solution, and nothing is half-written."""

import re

import nbformat
import pytest
from real_book import BOOK
from toy_book import ToyBook, chapter

from nbhelpers.publish.__main__ import main

EXERCISE = """
Text of the chapter.

## Exercises

```{exercise-start} pencil · by hand
:label: ex-count
```
How many?
```{exercise-end}
```

```{solution-start} ex-count
:class: dropdown
```
The secret: two.

```{code-cell} ipython3
secret = 2
```

```{solution-end}
```

## References
"""
TOC = """\
format: jb-book
root: index
parts:
  - caption: Part
    numbered: 1
    chapters:
      - file: part/first
  - caption: Appendix
    chapters:
      - file: part/sums
"""
PROJECT = """\
[project]
name = "toy"
version = "1.2.3"
[project.urls]
Repository = "https://github.com/owner/name"
"""


@pytest.fixture
def book(tmp_path):
    book = ToyBook(tmp_path, first=chapter("First") + EXERCISE, sums=chapter("Sums"))
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "book/references.bib").write_text("")
    return book


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def test_students_get_the_questions_and_teachers_the_solutions(book, capsys):
    assert main(["--root", str(book.root), "class"]) == 0
    folder = book.root / "_build/class"
    assert str(folder) in capsys.readouterr().out
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")}
    assert found == {"students/part/first.ipynb", "teachers/part/first.ipynb"}
    students, teachers = (sources(folder / path) for path in sorted(found))
    for parts in (students, teachers):
        assert any('checks.check("ex-count", answer)' in part for part in parts)
    assert "secret" not in "\n".join(students)
    assert "secret = 2" in teachers
    assert teachers.index("## Solutions") > len(students) - 2


def test_a_set_that_cannot_be_written_leaves_the_old_one(book, capsys):
    command = ["--root", str(book.root), "class"]
    assert main(command) == 0
    before = {path: path.read_bytes() for path in (book.root / "_build").rglob("*.ipynb")}
    book.write("first", chapter("First") + EXERCISE + "\n{unknown}`role`\n")
    assert main(command) == 1
    assert "the role 'unknown'" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in (book.root / "_build").rglob("*") if p.is_file()} == before
    book.write("first", chapter("First anew") + EXERCISE)
    assert main(command) == 0
    assert "First anew" in sources(book.root / "_build/class/students/part/first.ipynb")[1]
    assert [path.name for path in (book.root / "_build").iterdir()] == ["class"]


def test_nbgrader_is_given_the_questions_with_cells_that_it_knows(book):
    tables = book.root / "nbhelpers/exercises/first.toml"
    tables.parent.mkdir(parents=True)
    command = ["--root", str(book.root), "class", "--nbgrader"]
    known = []
    for table in ("answer = 2", 'criteria = ["Why?"]'):
        tables.write_text(f"[ex-count]\n{table}\n")
        assert main(command) == 0
        folder = book.root / "_build/class/nbgrader"
        cells = nbformat.read(folder / "source/first/first.ipynb", as_version=4).cells
        assert [cell.source.partition("\n")[0] for cell in cells][:3] == [
            "# First",
            "import numpy as np",
            "### Exercise 1.1 (pencil · by hand)",
        ]
        known.append([cell.metadata.get("nbgrader", {}) for cell in cells[3:]])
        assert (
            cells[3].source in (folder / "nbgrader_config.py").read_text()
        )  # put back by nbgrader
    answer, check = known[0]
    assert answer["solution"]
    assert not answer["grade"]
    assert (check["grade"], check["locked"], check["points"]) == (True, True, 1)
    (by_hand,) = known[1]
    assert (by_hand["solution"], by_hand["grade"], by_hand["points"]) == (True, True, 1)


def test_a_chapter_without_answers_is_refused_for_nbgrader(book, capsys):
    assert main(["--root", str(book.root), "class", "--nbgrader"]) == 1
    assert "first.toml; expected the answers" in capsys.readouterr().err


def test_the_lessons_that_teachers_are_shown_begin_with_sections_that_exist():
    """Chapters are split and renamed; a lesson's plan must follow."""
    rows = re.findall(r"\{ref\}`ch-(.+?)` \| (.+) \|", BOOK["teachers"].path.read_text("utf-8"))
    assert len(rows) > 10
    texts = {page.short_name: page.path.read_text("utf-8") for page in BOOK.values()}
    named = [(name, title) for name, start in rows for title in re.findall(r"\*(.+?)\*", start)]
    assert [
        (name, title)
        for name, title in named
        if not re.search(rf"^##+ {re.escape(title)}$", texts[name], re.MULTILINE)
    ] == []
