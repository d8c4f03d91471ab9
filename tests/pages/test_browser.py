"""Every page in a real browser: phone and laptop, light and dark, with and without JavaScript."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from built import CHAPTERS, PAGES, parsed

# A page is loaded once a screen, and then turned into the other scheme.
SCREENS = {360: ("light", "dark"), 1280: ("dark", "light")}
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that ask for colours
LOCAL = ("file:", "data:", "blob:")
# Elements that reach beyond the screen without standing in something that scrolls by itself.
OVERHANGING = """() => {
  const scrolls = e => ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX);
  const contained = e => e && e !== document.body && (scrolls(e) || contained(e.parentElement));
  return [...document.querySelectorAll('main article *')]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(e => !contained(e.parentElement))
    .map(e => e.outerHTML.slice(0, 120));
}"""
# Let colours that are on their way to others be there.
SETTLE = """document.getAnimations()
  .filter(change => change instanceof CSSTransition).forEach(change => change.finish())"""


@pytest.fixture(scope="module", params=[(p, w) for p in PAGES for w in SCREENS], ids=str)
def seen(request, visit):
    page, width = request.param
    visit = visit(page, width=width, scheme=SCREENS[width][0])
    visit.tab.wait_for_load_state("load")
    yield visit
    visit.tab.context.close()


def schemes(seen):
    """Yield the schemes of a screen, the one in which the page was loaded first."""
    for scheme in SCREENS[seen.tab.viewport_size["width"]]:
        seen.tab.emulate_media(color_scheme=scheme)
        seen.tab.wait_for_selector(f"html[data-theme={scheme}]", state="attached")
        seen.tab.evaluate(SETTLE)
        yield scheme


def test_no_request_leaves_the_machine_and_nothing_is_complained_of(seen):
    list(schemes(seen))  # to turn a page may ask for something, too
    assert [url for url in seen.requests if not url.startswith(LOCAL)] == []
    assert seen.troubles == []


def test_nothing_scrolls_sideways_but_within_itself(seen):
    width = seen.tab.viewport_size["width"]
    for scheme in schemes(seen):
        assert seen.tab.evaluate("document.documentElement.scrollWidth") <= width, scheme
        assert seen.tab.evaluate(OVERHANGING) == [], scheme


def test_accessible(seen):
    """Look at all of a page as it was loaded, and then at the colours of the other scheme.

    The colours of the text do not depend on the width, so that each scheme is enough once; what
    stands around the text is not the same on all screens.
    """
    loaded = SCREENS[seen.tab.viewport_size["width"]][0]
    # Formulas are thousands of elements that are hidden from screen readers, which get MathML.
    all_of_it = {"exclude": [[".katex-html"]]}, {}
    around_the_text = {"exclude": [["main article"]]}, {"runOnly": COLOURS}
    for scheme in schemes(seen):
        context, options = all_of_it if scheme == loaded else around_the_text
        options |= {"preload": False, "resultTypes": ["violations"]}
        found = Axe().run(seen.tab, context=context, options=options).response["violations"]
        listed = [(v["id"], n["html"], n["failureSummary"]) for v in found for n in v["nodes"]]
        assert listed == [], scheme


@pytest.mark.parametrize("page", CHAPTERS)
def test_readable_without_javascript(page, visit):
    tab = visit(page, width=360, javascript=False).tab
    article = tab.locator("main article")
    assert parsed(page).article.h1.get_text()[:-1] in article.inner_text()
    for formula in tab.locator(".math > .katex, .math > .katex-display").all()[:20]:
        assert formula.bounding_box()["height"] > 5 or not formula.is_visible()
    for picture in article.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.bounding_box()["height"] > 5
    tab.context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_folded_code_opens_by_keyboard_and_needs_no_script(javascript, visit):
    tab = visit(CHAPTERS[-1], width=360, javascript=javascript).tab
    fold = tab.locator("details.fold").first
    fold.locator("summary").focus()
    assert fold.locator("summary").bounding_box()["height"] >= 24, "a finger finds it"
    assert not fold.locator("pre").is_visible()
    tab.keyboard.press("Enter")
    fold.locator("pre").wait_for(state="visible", timeout=5_000)
    tab.context.close()


def test_search_works_offline(visit):
    tab = visit("search.html?q=network").tab
    tab.wait_for_selector("#search-results li", timeout=20_000)
    assert tab.locator("#search-results li a").first.get_attribute("href")
    tab.context.close()


def test_launch_menu_opens_with_the_keyboard(visit):
    tab = visit(CHAPTERS[0]).tab
    button = tab.locator(".dropdown-launch-buttons button")
    button.focus()
    tab.keyboard.press("Enter")
    tab.locator(".dropdown-launch-buttons a").first.wait_for(state="visible", timeout=5_000)
    tab.context.close()


TABLE = """
<div class="table-box"><table class="sortable"><thead><tr>
  <th scope="col" data-filter>set</th><th scope="col">size</th><th scope="col">name</th>
</tr></thead><tbody>
  <tr><td>a</td><td data-value="9">9 k</td><td>x10</td></tr>
  <tr><td>b</td><td data-value="">none</td><td>x9</td></tr>
  <tr><td>a</td><td data-value="100">100 k</td><td>y</td></tr>
  <tr><td>b</td><td data-value="20.5">20 k</td><td>x1</td></tr>
</tbody></table></div>
"""
# Put a table on the page and let the script prepare it, as when the page was loaded.
INSERT = """html => {
  document.querySelector('main article').innerHTML = html;
  document.dispatchEvent(new Event('DOMContentLoaded'));
}"""


def column(table, number):
    return table.locator(f"tbody tr:visible > :nth-child({number})").all_inner_texts()


@pytest.fixture
def table(visit):
    tab = visit("appendix/scoreboard.html").tab
    tab.evaluate(INSERT, TABLE)
    yield tab.locator("table.sortable")
    tab.context.close()


def test_a_click_on_a_header_sorts_numbers_as_numbers_and_empty_cells_last(table):
    table.get_by_role("button", name="size").click()
    assert column(table, 2) == ["9 k", "20 k", "100 k", "none"]
    assert table.locator("[aria-sort]").get_attribute("aria-sort") == "ascending"
    table.get_by_role("button", name="size").click()
    assert column(table, 2) == ["100 k", "20 k", "9 k", "none"]
    assert table.locator("[aria-sort]").get_attribute("aria-sort") == "descending"


def test_the_keyboard_sorts_texts_with_the_numbers_in_them(table):
    table.get_by_role("button", name="name").focus()
    table.page.keyboard.press("Enter")
    assert column(table, 3) == ["x1", "x9", "x10", "y"]
    assert table.locator("[aria-sort]").all_inner_texts() == ["name"]


def test_the_filter_leaves_the_rows_of_one_value(table):
    table.page.get_by_label("set:").select_option("b")
    assert column(table, 3) == ["x9", "x1"]
    table.page.get_by_label("set:").select_option("")
    assert len(column(table, 3)) == 4


def test_the_scoreboard_sorts_by_accuracy(visit):
    tab = visit("appendix/scoreboard.html", width=360).tab
    table = tab.locator("table.sortable").first
    table.get_by_role("button", name="test accuracy").click()
    values = [float(text.split()[0]) for text in column(table, 2)]
    assert len(values) > 10
    assert values == sorted(values)
    tab.context.close()
