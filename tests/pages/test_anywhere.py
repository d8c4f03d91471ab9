"""What a reader without a network, without scripts or with a phone meets."""

import pytest
from built import CHAPTERS, parsed

QUOTED = "#search-results li p.context"


def results(tab):
    tab.wait_for_selector(QUOTED, timeout=30_000)
    return tab.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")


@pytest.fixture
def search(visit):
    def ask(words):
        visit_ = visit(f"search.html?q={words}")
        opened.append(visit_)
        return visit_.tab

    opened = []
    yield ask
    for visit_ in opened:
        assert visit_.troubles == []
        visit_.tab.context.close()


def test_search_from_disk_quotes_the_words_in_their_place(search):
    tab = search("perceptron")
    results(tab)
    assert "perceptron" in tab.locator(QUOTED).first.inner_text().lower()


def test_a_word_of_the_glossary_is_found_first_and_then_the_chapter_that_says_most(search):
    first, second = (found.partition("#")[0] for found in results(search("perceptron"))[:2])
    counts = {
        page: parsed(page).article.get_text().lower().count("perceptron") for page in CHAPTERS
    }
    assert first.endswith("glossary.html")
    assert second.endswith(max(counts, key=counts.get))


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_notebook_is_downloaded_and_not_opened(page):
    (button,) = parsed(page).select("a.btn-download-source-button")
    assert button.has_attr("download")
    assert not button.has_attr("target")


@pytest.fixture(params=[360, 1280])
def scriptless(request, visit):
    tab = visit(CHAPTERS[0], width=request.param, javascript=False).tab
    yield tab
    tab.context.close()


def test_without_scripts_code_has_colours(scriptless):
    colours = scriptless.locator(".highlight span[class]").evaluate_all(
        "all => all.slice(0, 200).map(span => getComputedStyle(span).color)"
    )
    assert len(set(colours)) > 3


def test_without_scripts_menus_lie_over_nothing_until_they_are_opened(scriptless):
    menu = scriptless.locator(".dropdown-launch-buttons")
    assert not menu.locator("a").first.is_visible()
    menu.locator("button").focus()
    box = menu.locator("a").first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= scriptless.viewport_size["width"]


def test_without_scripts_the_other_chapters_can_be_reached(scriptless):
    other = scriptless.locator(f".bd-links a[href$='{CHAPTERS[-1].rpartition('/')[2]}']")
    if not other.is_visible():
        scriptless.get_by_role("link", name="Contents", exact=True).click()
    other.click(timeout=10_000)
    assert scriptless.url.endswith(CHAPTERS[-1])


def test_nothing_floats_over_the_text_of_a_phone(visit):
    tab = visit(CHAPTERS[0], width=360).tab
    tab.mouse.wheel(0, 5000)
    tab.wait_for_function("scrollY > 2000")
    tab.mouse.wheel(0, -500)
    tab.wait_for_timeout(300)
    assert not tab.locator("#pst-back-to-top").is_visible()
    tab.context.close()


def test_below_a_caption_there_is_as_much_room_as_above_the_figure(visit):
    tab = visit(next(page for page in CHAPTERS if parsed(page).select(".cell_output figure"))).tab
    figure = tab.locator(".cell_output figure").first
    below = figure.evaluate(
        "figure => figure.closest('.cell').nextElementSibling.getBoundingClientRect().top"
        " - figure.querySelector('figcaption').getBoundingClientRect().bottom"
    )
    assert 5 < below < 40
    tab.context.close()


@pytest.mark.parametrize("page", CHAPTERS)
def test_each_figure_can_be_saved_under_its_number(page):
    figures = parsed(page).select("article figure:has(> picture):has(.caption-number)")
    assert figures
    for figure in figures:
        (link,) = figure.select("a.figure-download[download]")
        assert link["href"] == figure.img["src"]
        assert figure.picture.source["srcset"] == link["href"].removesuffix("png") + "webp"
        number = figure.select_one(".caption-number").get_text(strip=True)
        assert link["download"].startswith(number.lower().replace(" ", "-").replace(".", "-"))
