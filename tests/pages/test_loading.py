"""What a reader sees while a page loads: nothing moves, and it is dark at once where it will be."""

import functools
import http.server
import threading

import pytest
from built import CHAPTERS, SITE
from fontTools.ttLib import TTFont

# The theme that holds when the page is read, before scripts that may come late have run.
EARLY = """document.addEventListener('readystatechange', () => {
  const { theme } = document.documentElement.dataset;
  if (document.readyState === 'interactive') window.early = theme;
});"""
# The sum of all shifts so far, as a share of the screen; where there was none, nothing is told.
SHIFTED = """() => new Promise(resolve => {
  let sum = 0;
  const add = list => list.getEntries().forEach(({ value }) => { sum += value; });
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 1000);
})"""
GOOD = 0.1  # what web.dev calls good: https://web.dev/articles/cls


@pytest.fixture(scope="module")
def address():
    """Serve the pages as a server does that lies elsewhere."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("page", ["index.html", CHAPTERS[0], CHAPTERS[-1]])
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1350, "light"), (1350, "dark")])
def test_nothing_moves_and_the_scheme_is_there_from_the_start(
    page, width, scheme, address, browser
):
    viewport = {"width": width, "height": 940}
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    tab = context.new_page()
    tab.add_init_script(EARLY)
    tab.goto(f"{address}/{page}")
    assert tab.evaluate(SHIFTED) < GOOD
    assert tab.evaluate("window.early") == scheme
    context.close()


# Letters for private use that stand before or behind an element, with the font that draws them.
ICONS = """() => [...document.querySelectorAll('*')].flatMap(element =>
  ['::before', '::after'].map(where => getComputedStyle(element, where))
    .filter(({ content }) => /[\\ue000-\\uf8ff]/.test(content))
    .map(({ content, fontFamily, fontWeight }) => [content[1], fontFamily, fontWeight]))"""
FILES = {"brands": "brands-400", "900": "solid-900", "400": "regular-400"}


@pytest.mark.parametrize("page", ["index.html", CHAPTERS[-1], "live/playground.html"])
def test_each_icon_has_a_letter_in_its_font_and_fonts_are_small(page, visit):
    opened = visit(page)
    icons = opened.tab.evaluate(ICONS)
    opened.tab.context.close()
    assert icons or page.startswith("live")
    fonts = SITE / "_static/vendor/fontawesome/webfonts"
    for letter, family, weight in icons:
        name = FILES["brands" if "Brands" in family else weight]
        assert ord(letter) in TTFont(fonts / f"fa-{name}.woff2").getBestCmap(), (letter, family)
    assert sum(path.stat().st_size for path in fonts.glob("*.woff2")) < 20_000
