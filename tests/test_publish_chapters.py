"""What a chapter's text must be like, and what the builder says where it is not."""

import os

import pytest
from toy_book import ToyBook, chapter

from nbhelpers.publish.chapters import parameters_source, read_book
from nbhelpers.publish.project import PublishError


def read(folder, text, **others):
    return read_book(ToyBook(folder, one=text, **others).root / "book")["part/one"]


def test_the_page_shows_the_values_that_were_used_with_their_comments(tmp_path):
    one = read(tmp_path, chapter("One", "{quick: {n: 3, words: [c]}}"))
    assert parameters_source(one, "quick") == "n = 3  # é, times\nwords = ['c']"
    assert parameters_source(one, "full") == one.parameters_cell.source


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("{quick: {m: 3}}", "sets 'm', which the `parameters` cell does not define; .* n, words"),
        ("{quick: {n: 1e1}}", "sets n to '1e1', a str; .* 30, a int"),
        ("{quick: {n: 1.5}}", "a float; .* a int"),
        ("{quick: {n: true}}", "a bool; .* a int"),
        ("{quick: {words: a}}", "a str; .* a list"),
        ("{quick: {words: [1]}}", r"sets words to \[1\]"),
        ("{quik: {n: 3}}", "found `quik: .*`"),
        ("{memory_mb: lots}", "found `memory_mb: 'lots'`"),
        ("{memory_mb: 2000}", "found `memory_mb: 2000`; expected at most 1900"),
        ("{after: [part/nowhere]}", "names 'part/nowhere', which is no chapter with code"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path, settings, complaint):
    with pytest.raises(PublishError, match=complaint):
        read(tmp_path, chapter("One", settings))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (":tags: [parameters]\n", "", "found 0 cells tagged `parameters`"),
        ("[nbval-check-output]", "[nbval-check-output, parameters]", "found 2 cells"),
        (":tags: [nbval-check-output]\n", "", "no cell is tagged `nbval-check-output`"),
        ("n = 30 ", "n = = 30 ", "`parameters` cell is not Python"),
        ("  name: python3\n", "  name: [\n", "cannot be read as MyST Markdown"),
        ("nbhelpers: {quick: {n: 3}}\n", "", "has jupytext, kernelspec, but no `quick`"),
        ("{quick: {n: 3}}", "{memory_mb: 100}", "no `quick` under `nbhelpers`"),
        (
            "kernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n",
            "",
            "kern",
        ),
    ],
)
def test_a_chapter_that_cannot_be_run_is_refused(tmp_path, old, new, complaint):
    text = chapter("One")
    assert old in text
    with pytest.raises(PublishError, match=complaint):
        read(tmp_path, text.replace(old, new))


def test_two_chapters_must_not_share_a_results_file(tmp_path):
    book = ToyBook(tmp_path, one=chapter("One"))
    (tmp_path / "book/other").mkdir()
    (tmp_path / "book/other/one.md").write_text(chapter("Other"), "utf-8")
    with pytest.raises(PublishError, match="end in the same name"):
        read_book(book.root / "book")


def test_a_line_of_a_cell_is_found_in_the_source_even_where_its_text_stands_twice(tmp_path):
    text = chapter("One", "{}", "a = 1\nb = 2", "a = 1\nb = 2")
    one = read(tmp_path, text)
    last = len(text.splitlines()) - 1  # the closing fence follows
    where = os.path.relpath(one.path)
    assert one.where(5, 2) == f"cell 5 of 5 ({where}:{last})"


@pytest.mark.parametrize(
    "cell", ["n = 300", "n += 1", "for n in range(3):\n    pass", "if words:\n    n: int = 3"]
)
def test_a_later_cell_that_sets_a_parameter_again_is_refused(tmp_path, cell):
    with pytest.raises(PublishError, match=r"part/one, cell 4 of 4 \(.*md:\d+\): sets 'n'"):
        read(tmp_path, chapter("One", "{quick: {n: 3}}", cell))


@pytest.mark.parametrize(
    "cell", ["words = []", "def f(n):\n    n = 3", "[n for n in words]", "%time n", "print(n == 3)"]
)
def test_names_that_are_no_profiles_may_be_set_again(tmp_path, cell):
    assert read(tmp_path, chapter("One", "{quick: {n: 3}}", cell)).code_cells


def test_a_byte_order_mark_changes_nothing(tmp_path):
    plain = read(tmp_path / "plain", chapter("One"))
    marked = read(tmp_path / "marked", "\ufeff" + chapter("One"))
    assert [cell.source for cell in marked.code_cells] == [cell.source for cell in plain.code_cells]
    assert marked.overrides("quick") == {"n": 3}
    assert marked.where(1).endswith(plain.where(1).rpartition(":")[2])
