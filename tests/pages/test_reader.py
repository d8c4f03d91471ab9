"""What the reader does on a page, and what the page remembers: on a small book of its own."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from built import ROOT

from nbhelpers.publish.tasks.html import build_html

TOC = """\
format: jb-book
root: index
parts:
  - caption: Part
    numbered: 1
    chapters: [{file: part/one}, {file: part/two}]
  - caption: Appendix
    chapters: [{file: words}]
"""
INDEX = """\
# Front page

| Chapter |
|---|
| {ref}`ch-one` |
| {ref}`ch-two` |
"""
ONE = """\
(ch-one)=
# One

A {term}`logit`, and again {term}`two logits <logit>`; a {term}`bias`.

## Quiz

:::{quiz} The slope of $s$ is largest at
- [ ] $z = 1$ -- There it is smaller.
- [x] $z = 0$ -- See {ref}`ch-two`.
- [ ] no place -- It has a maximum.
:::

:::{quiz} Which are even?
- [x] two -- Twice one.
- [ ] three -- It is odd.
- [x] four -- Twice two.
:::
"""
TEXT = 40 * "Text.\n\n"
TWO = f"(ch-two)=\n# Two\n\n## First $x$ of all\n\n{TEXT}## Last\n\n{TEXT}"
WORDS = """\
(words)=
# Words

```{glossary}
logit
gate
  What goes into softmax, $z$; see {ref}`ch-two`.

bias
  A number beside the {term}`logit`.
```
"""

# As in a browser that refuses; but not to the theme, which does not expect it.
NOTHING_KEPT = """
const keep = Storage.prototype.setItem;
Storage.prototype.setItem = function (name, value) {
  if (name.startsWith("/")) throw new DOMException("refused", "SecurityError");
  keep.call(this, name, value);
};
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return the folder of the built pages."""
    stage = tmp_path_factory.mktemp("reader") / "stage"
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, stage / name)
    for name in ("_config.yml", "book/references.bib"):
        shutil.copy(ROOT / name, stage)
    (stage / "part").mkdir()
    pages = {"_toc.yml": TOC, "index.md": INDEX, "words.md": WORDS}
    for name, text in (pages | {"part/one.md": ONE, "part/two.md": TWO}).items():
        (stage / name).write_text(text, "utf-8")
    build_html(stage, stage.parent / "html")
    return stage.parent / "html"


@pytest.fixture
def opened(book, visit):
    """Give a function that opens a page of the small book; what it complains of fails the test."""
    visits = []

    def open_page(page, *, javascript=True, **how):
        visits.append((visit(str(book / page), javascript=javascript, **how), javascript))
        return visits[-1][0].tab

    yield open_page
    for each, javascript in visits:
        each.tab.context.close()
        assert each.troubles == [] or not javascript  # which page and theme preload in vain


def question(tab, number):
    return tab.locator("fieldset.quiz").nth(number - 1)


def explanations(tab):
    return tab.locator(".quiz-answer[open] > div").all_inner_texts()


# Quizzes --------------------------------------------------------------------------------------


def test_choosing_opens_the_explanation_and_counts_first_tries_only(opened):
    tab = opened("part/one.html")
    first = question(tab, 1)
    assert explanations(tab) == []
    first.get_by_label("no place").check()
    assert explanations(tab) == ["Wrong: It has a maximum."]
    assert "Not right" in first.get_by_role("status").inner_text()
    assert tab.get_by_text("0 of 2 right at first try").is_visible()
    first.get_by_role("radio").nth(1).check()
    assert first.get_by_role("status").inner_text() == "Right."
    assert len(explanations(tab)) == 2
    assert tab.get_by_text("0 of 2 right at first try").is_visible()


def test_several_right_ones_are_checked_together(opened):
    second = question(tab := opened("part/one.html"), 2)
    says, check = second.get_by_role("status"), second.get_by_role("button", name="Check")
    check.click()
    assert says.inner_text() == "Choose at least one."
    second.get_by_label("two").check()
    assert explanations(tab) == []
    check.click()
    assert says.inner_text() == "Right so far, but not all of them."
    second.get_by_label("four").check()
    check.click()
    assert says.inner_text() == "Right."
    second.get_by_label("three").check()
    check.click()
    assert "Not right" in says.inner_text()
    assert len(explanations(tab)) == 3


def test_arrow_keys_look_at_the_choices_and_space_takes_one(opened):
    tab = opened("part/one.html")
    question(tab, 1).get_by_role("radio").first.focus()
    for key in ("ArrowUp", "ArrowLeft"):
        tab.keyboard.press(key)
    assert explanations(tab) == []
    tab.keyboard.press("Space")
    assert explanations(tab)[0].startswith("Right: See Two")
    assert tab.get_by_text("1 of 2 right at first try").is_visible()


def test_a_reload_remembers_and_start_again_forgets(opened):
    tab = opened("part/one.html")
    question(tab, 1).get_by_role("radio").nth(1).check()
    tab.reload()
    assert question(tab, 1).get_by_role("radio").nth(1).is_checked()
    assert len(explanations(tab)) == 1
    assert tab.get_by_text("1 of 2 right at first try").is_visible()
    tab.get_by_role("button", name="Start again").click()
    for _ in range(2):
        assert explanations(tab) == []
        assert tab.locator("fieldset input:checked").count() == 0
        assert tab.get_by_text("0 of 2 right at first try").is_visible()
        tab.reload()


def test_without_a_script_each_explanation_opens_by_itself(opened):
    tab = opened("part/one.html", javascript=False)
    second = question(tab, 2)
    assert "Which are even? (several are right)" in second.inner_text()
    assert second.get_by_role("button", name="Check").count() == 0
    second.locator("summary").nth(1).press("Enter")
    assert explanations(tab) == ["Wrong: It is odd."]


def test_where_nothing_may_be_kept_a_quiz_still_answers(opened):
    tab = opened("index.html")
    tab.context.add_init_script(NOTHING_KEPT)
    tab.goto(tab.url.replace("index.html", "part/one.html"))
    question(tab, 1).get_by_label("no place").check()
    assert explanations(tab) == ["Wrong: It has a maximum."]
    assert tab.locator(".reading-marks").count() == 0


# Reading marks ----------------------------------------------------------------------------------


def test_a_chapter_read_is_marked_in_the_sidebar_and_on_the_front_page(opened):
    tab = opened("part/one.html")
    tab.get_by_label("I have read this chapter").check()
    assert tab.locator("nav.bd-links a.current .page-read").count() == 1
    tab.goto(tab.url.replace("part/one.html", "index.html"))
    marked = tab.locator("article a:has(.page-read), nav.bd-links a:has(.page-read)")
    assert [text.split() for text in marked.all_text_contents()] == [
        ["1.", "One", "\u2713", "(read)"],
        ["One", "\u2713", "(read)"],
    ]
    tab.go_back()
    tab.get_by_label("I have read this chapter").uncheck()
    assert tab.locator(".page-read").count() == 0


def test_the_sidebar_shows_where_one_is_wherever_it_was_scrolled_to_before(opened):
    tab = opened("part/one.html", height=120)
    current, sidebar = tab.locator("nav.bd-links a.current"), tab.locator(".bd-sidebar-primary")
    for page in ("words.html", "part/one.html", "words.html"):
        tab.goto(f"{tab.url.partition('/html/')[0]}/html/{page}")
        link, frame = current.bounding_box(), sidebar.bounding_box()
        assert frame["y"] <= link["y"] <= frame["y"] + frame["height"] - link["height"], page


def test_the_front_page_leads_back_to_the_last_heading(opened):
    tab = opened("index.html")
    assert tab.locator(".reading-marks").count() == 0
    tab.goto(tab.url.replace("index.html", "part/two.html"))
    tab.evaluate("document.getElementById('last').scrollIntoView({behavior: 'instant'})")
    tab.goto(tab.url.replace("part/two.html", "index.html"))
    link = tab.get_by_role("link", name="Two: Last")
    assert "Continue where you were" in link.locator("..").inner_text()
    link.click()
    assert tab.url.endswith("part/two.html#last")


def test_everything_kept_can_be_forgotten(opened):
    tab = opened("part/one.html")
    question(tab, 1).get_by_role("radio").nth(1).check()
    tab.get_by_label("I have read this chapter").check()
    tab.get_by_role("button", name="Forget it all").click()
    assert tab.get_by_text("All marks and answers are forgotten.").is_visible()
    assert explanations(tab) == []
    assert tab.locator("fieldset input:checked, .page-read").count() == 0
    tab.goto(tab.url.replace("part/one.html", "index.html"))
    assert tab.locator(".page-read, .reading-marks").count() == 0


def test_without_a_script_there_are_no_reading_marks(opened):
    tab = opened("part/one.html", javascript=False)
    assert tab.locator(".reading-marks, .quiz-score").count() == 0


# Words of the glossary --------------------------------------------------------------------------


def tip(tab):
    return tab.get_by_role("tooltip")


def test_a_word_shows_its_definition_when_pointed_at_until_one_points_elsewhere(opened):
    tab = opened("part/one.html")
    tab.get_by_role("link", name="two logits").hover()
    tip(tab).wait_for()
    assert "What goes into softmax" in tip(tab).inner_text()
    assert tip(tab).locator(".katex").count() == 1
    assert tip(tab).locator("a").count() == 0, "nothing in it can be reached"
    tip(tab).hover()
    tab.wait_for_timeout(400)
    assert tip(tab).is_visible(), "one may point at the definition itself"
    tab.get_by_role("heading", name="Quiz").hover()
    tip(tab).wait_for(state="detached")


def test_a_word_describes_itself_when_focused_and_escape_hides_that(opened):
    tab = opened("part/one.html")
    word = tab.get_by_role("link", name="bias")
    word.focus()
    assert "A number beside the logit." in tip(tab).inner_text()
    assert word.get_attribute("aria-describedby") == tip(tab).get_attribute("id")
    tab.keyboard.press("Escape")
    assert tip(tab).count() == 0
    assert word.get_attribute("aria-describedby") is None


def test_a_tap_shows_the_definition_and_a_second_one_follows(opened):
    tab = opened("part/one.html", has_touch=True, width=360)
    word = tab.get_by_role("link", name="bias")
    word.tap()
    assert tip(tab).is_visible()
    box = tip(tab).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    tab.get_by_role("heading", name="Quiz").tap()
    assert tip(tab).count() == 0
    word.tap()
    assert tab.url.endswith("part/one.html")
    word.tap()
    tab.wait_for_url("**/words.html#term-bias")


def test_a_word_leads_to_the_glossary_without_a_script(opened):
    tab = opened("part/one.html", javascript=False)
    tab.get_by_role("link", name="bias").click()
    assert tab.url.endswith("words.html#term-bias")


# All of it --------------------------------------------------------------------------------------


def check_accessible(tab):
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(tab, context={"exclude": [[".katex-html"]]}, options=options)
    assert found.response["violations"] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= tab.viewport_size["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_accessible_and_within_the_screen(opened, width, scheme):
    tab = opened("part/one.html", width=width, scheme=scheme)
    question(tab, 1).get_by_role("radio").first.check()
    question(tab, 1).get_by_role("radio").nth(1).check()
    tab.get_by_label("I have read this chapter").check()
    tab.get_by_role("link", name="bias").focus()
    assert tip(tab).is_visible()
    check_accessible(tab)
    tab.goto(tab.url.replace("part/one.html", "index.html"))
    check_accessible(tab)
