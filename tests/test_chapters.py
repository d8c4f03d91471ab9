"""Every chapter follows the skeleton; so does the one that `new-chapter` writes."""

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import yaml
from real_book import BOOK, ROOT

from nbhelpers.exercises import read_exercises
from nbhelpers.publish.chapters import (
    VALIDATED_TAG,
    new_chapter,
    read_book,
    read_chapter,
    tagged_cells,
    with_code,
)
from nbhelpers.publish.plain.labels import read_toc
from nbhelpers.publish.plain.myst import elements
from nbhelpers.publish.plain.notebooks import plain_notebook
from nbhelpers.publish.plain.references import Book
from nbhelpers.publish.project import Project, PublishError

HEADER = {
    "jupytext": {"text_representation": {"extension": ".md", "format_name": "myst"}},
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
}
LAST_SECTIONS = ["Summary", "Exercises", "Quiz", "References"]
MAX_LINES = 15
TRUTHS = {"all", "allclose", "any", "array_equal", "bool", "equals", "is_zero_matrix", "isclose"}
RESULT = re.compile(r"\d[.,]\d+\s*(%|per ?cent)")


def new_book(root):
    """Return a project whose only chapter is a new one."""
    (root / "book").mkdir()
    for name in ("pyproject.toml", "_config.yml", "book/references.bib"):
        shutil.copy(ROOT / name, root / name)
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, root / "book" / name)
    (root / "book/index.md").write_text("(how-to-use)=\n# Front page\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\nparts:\n")
    project = Project.at(root)
    new_chapter(project, "case-studies/orl-faces", "ORL faces")
    return project


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return new_book(tmp_path_factory.mktemp("fresh"))


NAMES = sorted(with_code(BOOK))
APPENDIX = [name for name in NAMES if name.startswith("appendix/")]
# What the chapters recorded; the other page there is about the book itself.
SUMMARIES = [name for name in APPENDIX if "read_results(" in str(BOOK[name].code_cells)]
REFERENCE = [name for name in NAMES if name.startswith("reference/")]  # looked up, not gone through
LESSONS = [name for name in NAMES if name not in {*APPENDIX, *REFERENCE}]


def page(name, fresh):
    return BOOK[name] if name in NAMES else read_chapter(fresh.book, "case-studies/orl-faces")


@pytest.fixture(scope="module", params=[*NAMES, "a new chapter"])
def chapter(request, fresh):
    """Give every page with code."""
    return page(request.param, fresh)


@pytest.fixture(scope="module", params=[*LESSONS, "a new chapter"])
def lesson(request, fresh):
    """Give every page that teaches."""
    return page(request.param, fresh)


@pytest.fixture(scope="module", params=SUMMARIES)
def summary(request, fresh):
    """Give every page that sums up others: an opening that says what it shows, and no lesson."""
    return page(request.param, fresh)


def prose(chapter):
    return [cell.source for cell in chapter.notebook.cells if cell.cell_type == "markdown"]


def found_elements(chapter):
    return [pair for text in prose(chapter) for pair in elements(text)]


def directives(chapter, name):
    return [found for _, found in found_elements(chapter) if found and found.name == name]


def sections(chapter):
    texts = "\n\n".join(prose(chapter))
    return re.findall(r"^## (.+)$", re.sub(r"^```.*?^```", "", texts, flags=re.M | re.S), re.M)


def test_header_is_complete(chapter):
    header = yaml.safe_load(chapter.path.read_text("utf-8").split("---\n")[1])
    settings = header.get("nbhelpers", {})
    lost = [key for key in (*HEADER, "nbhelpers") if key not in header]
    lost += [f"nbhelpers.{key}" for key in ("quick", "memory_mb") if not settings.get(key)]
    assert lost == []
    assert {key: header[key] for key in HEADER} == HEADER


def test_starts_with_its_label_and_title(chapter):
    assert re.match(rf"\(ch-{chapter.short_name}\)=\n# \S", prose(chapter)[0])


def test_one_parameters_cell_with_the_imports_before_it(chapter):
    (parameters,) = tagged_cells(chapter.notebook, "parameters")
    cells = chapter.code_cells
    assert cells.index(parameters) == 1
    statements = re.sub(r"\(.*?\)", "()", cells[0].source, flags=re.S).splitlines()
    assert all(re.match(r"(import|from) |#|$", line) for line in statements)


def test_says_where_its_data_come_from(lesson):
    assert any("show_source(" in cell.source for cell in lesson.code_cells[2:5])


def test_ends_with_the_sections_of_the_skeleton(lesson):
    titles = sections(lesson)
    assert titles[-4:] == LAST_SECTIONS
    assert len(titles) == len(set(titles))
    assert any("measured" in title for title in titles[:-4]), "claims against measurements"


def test_each_exercise_has_its_solution_behind_it(lesson):
    gates = re.findall(r"^```{(exercise|solution)-(start|end)}", "\n".join(prose(lesson)), re.M)
    exercises = [found.options["label"] for found in directives(lesson, "exercise-start")]
    solutions = [found.argument for found in directives(lesson, "solution-start")]
    assert exercises
    assert exercises == solutions
    order = [(what, end) for what in ("exercise", "solution") for end in ("start", "end")]
    assert gates == order * len(exercises)


def test_quiz_and_references_are_not_empty(lesson):
    assert directives(lesson, "quiz")
    assert directives(lesson, "bibliography")
    assert "{cite" in "".join(prose(lesson))


def test_a_page_that_sums_up_says_so_and_sets_no_exercises(summary):
    opening = prose(summary)[0]
    assert len(opening.split("\n\n")) > 1, "what does the page show?"
    assert not directives(summary, "exercise-start")
    assert not set(sections(summary)) & set(LAST_SECTIONS)


def test_a_page_that_sums_up_comes_after_every_chapter(summary):
    pages = [name for name in read_toc(ROOT / "_toc.yml") if name in LESSONS]
    assert summary.after == pages, "bring `after` in its front matter in step with _toc.yml"


def test_cells_are_short(chapter):
    for cell in chapter.code_cells[1:]:  # the first one is imports alone, one a line
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= MAX_LINES, cell.source


def test_figures_have_caption_name_and_alternative_text(chapter):
    for cell in chapter.code_cells:
        mystnb = cell.metadata.get("mystnb", {})
        if mystnb:
            assert mystnb["figure"]["caption"].strip()
            assert mystnb["figure"]["name"].startswith("fig-")
            assert len(mystnb["image"]["alt"]) > 10


def test_no_result_is_typed(chapter):
    """A percentage with decimals is computed by a cell, or quoted with its source."""
    for text in prose(chapter):
        for paragraph in re.split(r"\n\s*\n|\n(?=[-|])", text):
            assert "{cite" in paragraph or not RESULT.search(paragraph), paragraph


def test_no_backslash_was_eaten(chapter):
    r"""A tab is what is left of ``\to`` where some program took it for its own."""
    lines = chapter.path.read_text("utf-8").split("\n")
    assert [line for line in lines if re.search(r"[\x00-\x1f]", line)] == []


def truth_values(source):
    """Return what a cell's calls of ``print`` show that can only be True or False."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print":
            texts = [part for arg in call.args for part in getattr(arg, "values", [])]
            shown = [*call.args, *(part.value for part in texts if hasattr(part, "value"))]
            for value in shown:
                function = value.func if isinstance(value, ast.Call) else value
                name = getattr(function, "attr", getattr(function, "id", ""))
                if isinstance(value, ast.Compare | ast.BoolOp) or name in TRUTHS:
                    yield ast.unparse(value)


def test_what_is_true_is_asserted_and_not_printed(chapter):
    """`checks.agree` and `checks.holds` raise; a printed False is published."""
    sources = [cell.source for cell in tagged_cells(chapter.notebook, VALIDATED_TAG)]
    assert [truth for source in sources for truth in truth_values(source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "print('as Keras:', np.allclose(a, b))",
        "print(f'same {a == b}, shape {a.shape}')",
        "for a in b:\n    print('zero:', bool(a < 1e-9))",
        "print((a == b).all())",
    ],
)
def test_a_printed_truth_is_found(source):
    assert list(truth_values(source))


def test_code_is_clean(chapter, tmp_path):
    cells = [nbformat.v4.new_code_cell(cell.source) for cell in chapter.code_cells]
    path = tmp_path / "chapter.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    # Docstrings are for the package; a last line that shows a value is what cells are for.
    command = [ruff, "check", "--ignore=D,B018,E501", "--config", ROOT / "pyproject.toml", path]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_lines_are_short_but_for_tables_in_sentences(chapter):
    lines = [line for cell in chapter.code_cells for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > 100 and not line.startswith("|")] == []


def test_the_table_of_contents_names_every_page_once():
    entries = re.findall(r"(?:file|root): (\S+)", (ROOT / "_toc.yml").read_text())
    assert Counter(entries) == Counter(BOOK.keys())


def test_a_new_chapter_is_in_the_table_of_contents_and_can_be_lowered(fresh):
    assert read_toc(fresh.root / "_toc.yml") == {"index": None, "case-studies/orl-faces": 1}
    chapters = read_book(fresh.book)
    book = Book(chapters, fresh.book, fresh.root / "_toc.yml", fresh.root)
    assert plain_notebook(book, "case-studies/orl-faces").cells


def test_a_new_chapter_has_an_exercise_with_level_kind_and_check_and_a_quiz(fresh):
    page = read_chapter(fresh.book, "case-studies/orl-faces")
    (asked,) = directives(page, "exercise-start")
    assert asked.argument == "pencil · by hand"
    ((label, one),) = read_exercises(fresh.root / "nbhelpers/exercises").items()
    assert label == asked.options["label"]
    assert one.judge(one.answer) == "Right."
    for mistake in one.mistakes:
        assert one.judge(mistake["answer"]) == f"Not yet: {mistake['says']}"
    assert directives(page, "quiz")


def test_a_new_chapter_builds(fresh):
    command = [sys.executable, "-m", "nbhelpers.publish", "build", "--profile", "quick"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NBHELPERS_OFFLINE": "1"}
    build = subprocess.run(command, cwd=fresh.root, env=environment, capture_output=True, text=True)
    assert build.returncode == 0, build.stdout + build.stderr
    assert "ORL faces" in (fresh.html("quick") / "case-studies/orl-faces.html").read_text()


def test_a_new_chapter_joins_its_part(fresh, tmp_path):
    project = new_book(tmp_path)
    toc = project.root / "_toc.yml"
    toc.write_text((ROOT / "_toc.yml").read_text())
    new_chapter(project, "case-studies/zebra", "Stripes")
    assert toc.read_text().count("#") == (ROOT / "_toc.yml").read_text().count("#"), "comments stay"
    before = [name for name in read_toc(ROOT / "_toc.yml") if name.startswith("case-studies/")]
    files = [[e["file"] for e in p["chapters"]] for p in yaml.safe_load(toc.read_text())["parts"]]
    (part,) = (names for names in files if "case-studies/zebra" in names)
    assert part[-2:] == [before[-1], "case-studies/zebra"]


@pytest.mark.parametrize(
    "name", ["case-studies/orl-faces", "other/orl-faces", "No", "a/../b", "a/B"]
)
def test_bad_and_taken_names_are_refused(fresh, name):
    with pytest.raises(PublishError, match="expected|There is"):
        new_chapter(fresh, name, "Title")


# In the dark a plot is turned to light on dark; what is tagged stays as it was drawn.
KEEPS = "keeps-colours"
SHADES = re.compile(
    r"\b(black|white|darker|paler|lighter)\b|\(dark\)|\(light\)|\bpale (dots|bars)\b"
)


def figures(name):
    """Yield the cells that make a figure of a chapter, with what is said about it."""
    for cell in BOOK[name].code_cells:
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if figure:
            yield cell, figure


@pytest.mark.parametrize("name", NAMES)
def test_what_is_turned_in_the_dark_shows_no_pictures_and_names_no_shade(name):
    for cell, figure in figures(name):
        if KEEPS not in cell.metadata.get("tags", []):
            assert not re.search(r"plot_images|plot_mistakes", cell.source), figure["name"]
            alt = cell.metadata["mystnb"]["image"]["alt"]
            assert not SHADES.search(f"{figure['caption']} {alt}"), figure["name"]
