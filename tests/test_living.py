"""Living figures in a book: what readers find with and without scripts, and what touching does."""

import gzip
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from living_toy import FIGURES, LIVE, build

OVERHANGING = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
JUNK = "&size=99&at=-3&x=1,a&w=<b>&hide=all&hidden=__proto__&rate=NaN&=&%=%E0"
BUDGET = 10_000  # bytes of script a figure, gzipped, besides the base
# The playground is six figures in one; the digits have a pad, two networks and every sum in them.
BUDGETS = {"playground": 20_000, "draw-a-digit": 20_000}
LONGEST = 250  # lines


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("living")
    return build(folder / "stage", folder / "html")


@pytest.fixture
def visit(chromium, pages):
    """Give a function that opens a page from disk; nothing that it complains of goes unnoticed."""
    troubles, contexts = [], []

    def open_page(page, *, width=1280, hash="", javascript=True, **how):
        size = {"width": width, "height": 800}
        context = chromium.new_context(viewport=size, java_script_enabled=javascript, **how)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        tab.on("request", lambda sent: sent.url.startswith("http") and troubles.append(sent.url))
        tab.goto((pages / page).as_uri() + hash)
        if javascript and page.startswith("live/"):
            tab.wait_for_function("!document.querySelector('[aria-busy=true]')")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize("name", FIGURES)
def test_the_picture_is_there_without_scripts_and_in_print(name, visit):
    figure = f"#fig-{name}"
    for tab in (visit("part/living.html", javascript=False), visit("part/living.html")):
        living = tab.locator(f"living-{name}")
        scripted = living.locator("button").count() > 0
        assert tab.locator(f"{figure} img").is_visible() is not scripted
        assert living.is_visible() is scripted
        assert "Caption of" in tab.locator(f"{figure} figcaption").inner_text()
    living.get_by_role("button", name="The book's picture").click()
    assert tab.locator(f"{figure} img").is_visible()
    living.get_by_role("button", name="The book's picture").click()
    tab.emulate_media(media="print")
    assert tab.locator(f"{figure} img").is_visible()
    assert not living.is_visible()


def test_pages_without_a_figure_load_nothing_of_it(pages):
    assert "_static/live" not in (pages / "index.html").read_text("utf-8")
    page = (pages / "part/living.html").read_text("utf-8")
    assert page.count('src="../_static/live/base.js?v=') == 1
    assert "can be [played with]" in (pages / "_sources/part/living.ipynb").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", FIGURES)
def test_accessible_and_within_the_screen(name, width, scheme, visit):
    tab = visit(f"live/{name}.html", width=width, color_scheme=scheme)
    assert tab.locator(f"living-{name} button").count()
    assert not tab.evaluate(OVERHANGING)
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(tab, options=options).response["violations"]
    assert [(v["id"], n["html"], n["failureSummary"]) for v in found for n in v["nodes"]] == []


@pytest.mark.parametrize("name", FIGURES)
def test_junk_in_the_address_shows_the_figure(name, visit):
    plain = visit(f"live/{name}.html").locator("main").inner_text()
    assert visit(f"live/{name}.html", hash=f"#{name}{JUNK}").locator("main").inner_text() == plain


@pytest.mark.parametrize("name", FIGURES)
def test_the_address_keeps_what_was_done_and_hides_what_a_teacher_hides(name, visit):
    tab = visit(f"live/{name}.html", hash=f"#{name}&hide=tools")
    assert not tab.get_by_role("button", name="Start again").is_visible()
    tab.get_by_role("button", name="Next").click()
    said, address = tab.locator(".live-says").inner_text(), tab.evaluate("location.hash")
    assert "at=" in address
    assert "hide=tools" in address
    again = visit(f"live/{name}.html", hash=address)
    assert again.locator(".live-says").inner_text() == said


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_moves_by_itself_for_who_wants_no_movement(name, visit):
    tab = visit(f"live/{name}.html", reduced_motion="reduce")
    assert not tab.get_by_role("button", name="Play").is_visible()
    assert tab.get_by_role("button", name="Next").is_visible()


# What Tab has to reach: of radio buttons the chosen one, of what is unfolded all.
CONTROLS = "button, select, input, textarea, summary, a, [tabindex]"
WAITING = f"""figure => [...figure.querySelectorAll('{CONTROLS}')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled)
  .filter((one) => one.checkVisibility({{ visibilityProperty: true }}))
  .filter((one) => one.type !== 'radio' || one.checked)
  .map((one) => one.setAttribute('data-waits', '')).length"""
LEFT = "all => all.filter((one) => one.tabIndex >= 0).map((one) => one.outerHTML)"
REACHED = """() => {
  const one = document.activeElement;
  one.removeAttribute('data-waits');
  return one.localName === 'button' ? one.textContent : one.localName;
}"""


@pytest.mark.parametrize("name", FIGURES)
def test_by_keyboard_alone(name, visit):
    tab = visit(f"live/{name}.html")
    figure, says = tab.locator(f"living-{name}"), tab.locator(".live-says")
    before, pressed = says.inner_text(), False
    waiting = figure.evaluate(WAITING)
    for _ in range(2 * waiting):
        tab.keyboard.press("Tab")
        reached = tab.evaluate(REACHED)
        if reached.startswith("Next") and not pressed:
            tab.keyboard.press("Enter")
            tab.wait_for_function("!document.querySelector('[aria-busy=true]')")
            pressed = says.inner_text() != before
        if reached == "body":
            break
    assert pressed, "a step by Enter changes what is said"
    left = figure.locator("[data-waits]").evaluate_all(LEFT)
    assert left == [], f"Tab reached all but these of {waiting}"


@pytest.mark.parametrize("name", FIGURES)
def test_small(name):
    scripts = [LIVE / script for script in FIGURES[name]["scripts"]]
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= BUDGETS.get(
        name, BUDGET
    )
    for script in [*scripts, LIVE / "base.js"]:
        assert script.read_text("utf-8").count("\n") <= LONGEST, script.name


# Each figure --------------------------------------------------------------------------------


def test_convolution_by_keyboard_and_with_own_numbers(visit):
    tab = visit("live/convolution-stepper.html")
    total = tab.locator(".conv-sum")
    assert total.inner_text().endswith(
        "2 \u00b7 2 + 0 \u00b7 (\u22121) + 1 \u00b7 0 + 1 \u00b7 1 = 7"
    )
    assert tab.locator(".conv-tied .conv-lit").count() == 9
    tab.get_by_role("slider").focus()
    tab.keyboard.press("ArrowRight")
    assert total.inner_text().endswith("= \u22122")
    pixel = tab.get_by_label("Picture x, row 2, column 4")
    pixel.fill("5")
    pixel.press("Tab")
    assert total.inner_text().endswith("= 2"), "it grew by 4, and meets a weight of 1"
    pixel.fill("<img src=x onerror=alert(1)>")
    pixel.press("Tab")
    assert pixel.input_value() == "5", "what is no number is put back"
    tab.get_by_label("Show").select_option("kernel")
    assert "its slope is" in tab.locator(".live-says").inner_text()
    assert tab.locator(".conv-tied .conv-lit").count() == 9, "the places of one weight"


def test_one_step_of_back_propagation_after_the_other(visit):
    tab = visit("live/backprop-stepper.html")
    text = tab.locator(".back-text")
    assert "= (\u22120.125) \u00b7 1 = \u22120.125" in text.inner_text()
    assert "2\u03b5 = \u22120.125" in text.inner_text(), "nudging says the same"
    tab.get_by_role("region").focus()
    for _ in range(30):
        tab.keyboard.press(" ")
        if "The loss goes" in tab.locator(".live-says").inner_text():
            break
    assert tab.locator(".live-says").inner_text().startswith("The loss goes from 0.25 to 0.0")
    tab.keyboard.press(" ")
    assert "Step 1 of" in text.inner_text()
    assert tab.get_by_label("w\u2081\u2081").input_value() == "2.125", "the new numbers are used"
    tab.get_by_label("Loss").select_option("binary_crossentropy")
    assert tab.get_by_label("Answer").is_disabled(), "cross-entropy holds the sigmoid"


def place(plot, part):
    """Return where on the screen a part of a plot's line is, from 0 to 1."""
    box = plot.bounding_box()
    left, right, width = 36, 350, 360  # as in curve-plot.js
    across = (left + part * (right - left)) / width
    return box["x"] + across * box["width"], box["y"] + box["height"] / 2


def drag(tab, plot, start, end):
    tab.mouse.move(*place(plot, start))
    tab.mouse.down()
    tab.mouse.move(*place(plot, end), steps=3)
    tab.mouse.up()


def test_a_sum_is_moved_by_touch_mouse_and_keyboard_and_the_slopes_follow(visit):
    tab = visit("live/activation-curves.html", has_touch=True)
    said, plot = tab.locator(".live-says"), tab.locator(".curve-plot").first
    assert "Saturated: sigmoid, tanh." in said.inner_text()
    tab.touchscreen.tap(*place(plot, 0.5))
    middle = "At z = 0 the slope that comes back is multiplied by 0.25 (sigmoid), 1 (tanh)."
    assert said.inner_text() == middle
    drag(tab, plot, 0.5, 0.875)
    assert "At z = 6 " in said.inner_text()
    assert "At z = 6:" in plot.get_attribute("aria-label")
    tab.get_by_role("slider").focus()
    tab.keyboard.press("Home")
    assert "At z = \u22128 " in said.inner_text()
    tab.get_by_label("ReLU", exact=True).check()
    assert "0 (ReLU)" in said.inner_text()
    tab.get_by_label("Leaky ReLU, PReLU").check()
    tab.get_by_label("\u03b1 of the leak").fill("0.5")
    tab.keyboard.press("Tab")
    assert "here 0.5 \u00b7 (\u22128) = \u22124" in tab.locator(".curve-rows").inner_text()


def test_how_hard_two_losses_pull(visit):
    tab = visit("live/loss-slopes.html")
    said, rows = tab.locator(".live-says"), tab.locator(".curve-rows")
    assert "squared error with 0.004921, 203 times less" in said.inner_text()
    assert (
        "2 \u00b7 (\u22120.9975) \u00b7 0.002473 \u00b7 0.9975 = \u22120.004921"
        in rows.inner_text()
    )
    tab.get_by_label("Input x of the weight").fill("10")
    tab.keyboard.press("Tab")
    assert "(\u22120.9975) \u00b7 10 = \u22129.975" in rows.inner_text()
    drag(tab, tab.locator(".curve-plot").nth(1), 0.1, 0.5)
    assert "pulls at z with 0.5, squared error with 0.25, 2 times less" in said.inner_text()
    tab.get_by_label("Output").select_option("softmax")
    assert not tab.get_by_label("Right is y").is_visible()
    tab.get_by_label("z\u2082").fill("0")
    tab.keyboard.press("Tab")
    assert "0.3333 \u2212 1 = \u22120.6667" in rows.inner_text(), "three equal logits"


def test_waits_are_dragged_and_the_mean_follows(visit):
    tab = visit("live/constant-answer.html", hash="#constant-answer&y=1,2")
    said, last = tab.locator(".live-says"), tab.get_by_role("slider", name="Wait 11")
    assert "the mean, 12.73: 8 of the 11 waits are shorter" in said.inner_text(), (
        "two are no eleven"
    )
    last.focus()
    tab.keyboard.press("End")
    assert last.get_attribute("aria-valuetext") == "80 minutes"
    assert "the mean, 13.64" in said.inner_text()
    assert "The median is 6, the 0.9-quantile 18" in said.inner_text(), (
        "neither listens to the snow"
    )
    drag(tab, tab.locator(".curve-plot").nth(1), 0.9, 0.5)  # the nearest follows
    assert last.get_attribute("aria-valuenow") == "40"
    assert "the mean, 10:" in said.inner_text()
    drag(tab, tab.locator(".curve-plot").first, 0.9, 0.125)
    assert (
        "At 10 minutes squared error asks for this, absolute error asks for less"
        in said.inner_text()
    )
    assert "a wait is 10 minutes, so there is a kink" in tab.locator(".curve-rows").inner_text()


def shares(tab):
    """Return the percentages that the figure says, and the text."""
    said = tab.locator(".live-says").inner_text()
    return [float(share) for share in re.findall(r"([\d.]+) %", said)], said


def curves(tab):
    return tab.locator(".play-curves polyline").evaluate_all("a => a.map(l => l.outerHTML)")


def test_the_playground_has_learnt_the_spiral_and_the_same_link_gives_the_same_curves(visit):
    tab = visit("live/playground.html")
    (seen, fresh, mean, least, most), said = shares(tab)
    assert min(seen, fresh) >= 95, said
    assert least <= mean <= most, said
    assert len(set(curves(tab))) == 6, "train and test, for three seeds"
    link = "#playground&dropout=0.1&seed=4&at=30"
    first, second = (
        visit("live/playground.html", hash=link),
        visit("live/playground.html", hash=link),
    )
    assert curves(first) == curves(second) != curves(tab)


def test_the_playground_by_keyboard(visit):
    tab = visit("live/playground.html")
    epoch = tab.get_by_label("Epoch", exact=True)
    epoch.fill("20")
    epoch.press("Enter")
    assert "Epoch 20." in shares(tab)[1]
    tab.get_by_label("Experiment").focus()
    tab.keyboard.type("eight sigmoid")
    sizes = tab.locator(".play-sizes td:last-child").all_inner_texts()
    first, last = (float(size.replace("\u2212", "-")) for size in (sizes[0], sizes[-1]))
    assert first < 1e-4 * last, "the slopes vanish"
    tab.get_by_label("Experiment").select_option("spiral")
    tab.get_by_role("button", name="Unit 1 of layer 1").focus()
    for _ in range(9):
        tab.keyboard.press("ArrowRight")
    formula = tab.locator(".play-formula")
    assert "The answer at this place" in formula.inner_text()
    before = formula.inner_text()
    tab.get_by_label("x\u2081", exact=True).press("End")
    assert formula.inner_text() != before, "another place, another sum"
    assert "px=1.2" in tab.evaluate("location.hash")
    tab.get_by_label("Hidden layers").select_option("1")
    assert tab.get_by_label("Experiment").input_value() == "mine"


def test_the_playground_trains_until_it_is_paused_and_goes_on_from_its_link(visit):
    tab = visit("live/playground.html", hash="#playground&at=0")
    tab.get_by_role("button", name="Play").press("Enter")
    tab.wait_for_function(
        "!/Epoch [0-9]\\./.test(document.querySelector('.live-says').textContent)"
    )
    tab.get_by_role("button", name="Pause").press("Enter")
    said, address = shares(tab)[1], tab.evaluate("location.hash")
    assert int(re.search(r"Epoch (\d+)", said)[1]) >= 10
    again = visit("live/playground.html", hash=address)
    assert shares(again)[1] == said
    assert curves(again) == curves(tab)


def test_the_playground_with_own_points_pasted_and_put_by_touch(visit):
    tab = visit("live/playground.html", has_touch=True)
    tab.get_by_text("Your own points").tap()
    box = tab.get_by_label("A line a point")
    box.fill("0.5, 0.5, 1\n<img src=x onerror=alert(1)>\n-0.5, -0.5, 0\n9,9,9")
    tab.get_by_role("button", name="Use these points").tap()
    assert "2 points taken, 2 lines passed over" in tab.get_by_role("status").all_inner_texts()[0]
    assert tab.locator(".play-surface .train").count() == 2
    tab.locator(".play-surface").tap(position={"x": 10, "y": 10})
    tab.get_by_label("of class").select_option("1")
    tab.get_by_role("button", name="Add a point at this place").tap()
    assert tab.locator(".play-surface .train").count() == 3
    assert box.input_value().splitlines()[2].endswith(", 1")
    address = tab.evaluate("location.hash")
    assert visit("live/playground.html", hash=address).locator(".play-surface .train").count() == 3
    junk = visit("live/playground.html", hash="#playground&data=own&own=1,<b>,1&layers=2.5&at=1e9")
    assert shares(junk)[1].startswith("Epoch 100.")


def test_the_playground_waits_for_who_wants_no_movement(visit):
    tab = visit("live/playground.html", hash="#playground&at=0", reduced_motion="reduce")
    said = shares(tab)[1]
    tab.wait_for_timeout(300)
    assert shares(tab)[1] == said
    tab.get_by_role("button", name="Next").click()
    assert "Epoch 10." in shares(tab)[1]


def test_the_playground_in_a_chapter_trains_when_it_is_seen_and_folds_its_settings(visit):
    tab = visit("part/living.html")
    figure = tab.locator("living-playground")
    tab.wait_for_timeout(300)
    assert "Epoch 0." in figure.locator(".live-says").inner_text()
    assert not figure.get_by_label("Learning rate").is_visible()
    figure.scroll_into_view_if_needed()
    tab.wait_for_function("!document.querySelector('living-playground[aria-busy=true]')")
    assert "Epoch 100." in figure.locator(".live-says").inner_text()
    figure.get_by_text("Points, network and training").press("Enter")
    assert figure.get_by_label("Learning rate").is_visible()


FOUR = [[(20, 14), (20, 34), (44, 34)], [(44, 14), (44, 54)]]  # places of the pad, 64 x 64


def on_pad(tab, x, y):
    box = tab.get_by_role("application").bounding_box()
    return box["x"] + (x + 0.5) / 64 * box["width"], box["y"] + (y + 0.5) / 64 * box["height"]


def by_mouse(tab, strokes):
    for first, *others in strokes:
        tab.mouse.move(*on_pad(tab, *first))
        tab.mouse.down()
        for point in others:
            tab.mouse.move(*on_pad(tab, *point), steps=12)
        tab.mouse.up()


def by_touch(tab, strokes):
    sender = tab.context.new_cdp_session(tab)

    def touch(kind, *points):
        places = [{"x": x, "y": y} for x, y in (on_pad(tab, *point) for point in points)]
        sender.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": places})

    for first, *others in strokes:
        touch("Start", first)
        for point in others:
            touch("Move", point)
        touch("End")


def by_keyboard(tab, strokes):
    tab.get_by_role("application").focus()
    place = [32, 32]

    def go(point):
        for axis, names in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
            way = point[axis] - place[axis]
            for _ in range(abs(way) // 2):
                tab.keyboard.press(names[way > 0])
            place[axis] = point[axis]

    for first, *others in strokes:
        go(first)
        tab.keyboard.press(" ")
        for point in others:
            go(point)
        tab.keyboard.press(" ")


def digit_says(tab):
    """Return what the figure says when the digit has come to rest."""
    tab.wait_for_function("!document.querySelector('living-draw-a-digit').step")
    return tab.locator("living-draw-a-digit > .live-says").inner_text()


@pytest.mark.parametrize("draw", [by_mouse, by_touch, by_keyboard])
def test_a_drawn_digit_is_read_alike_however_it_is_drawn(draw, visit):
    tab = visit("live/draw-a-digit.html", has_touch=True, width=400)
    tab.get_by_role("application").scroll_into_view_if_needed()
    scrolled = tab.evaluate("scrollY")
    draw(tab, FOUR)
    assert "Your digit: read as 4 " in digit_says(tab)
    assert tab.evaluate("scrollY") == scrolled, "a finger draws, the page stays"
    address = tab.evaluate("location.hash")
    assert re.search(r"&ink=[\w.-]{8,300}$", address)
    again = visit("live/draw-a-digit.html", hash=address)
    assert digit_says(again) == digit_says(tab)
    tab.get_by_role("button", name="Clear").click()
    assert digit_says(tab).startswith("Digit 1, ")


def test_a_drawn_digit_is_seen_coming_to_the_middle_by_who_wants_movement(visit):
    small = [[(4, 4), (4, 10), (12, 10)], [(12, 4), (12, 16)]]
    centre = "#draw-a-digit&centre=0"
    for motion in ("no-preference", "reduce"):
        tab = visit("live/draw-a-digit.html", hash=centre, reduced_motion=motion)
        by_mouse(tab, small)
        away = digit_says(tab)
        tab.get_by_label("Scaled and centred").press("End")
        assert digit_says(tab) != away
        tab.evaluate(
            "f = document.querySelector('living-draw-a-digit'); f.seen = [];"
            "g = f.say; f.say = (text) => { f.seen.push(text); g.call(f, text); }"
        )
        tab.get_by_role("button", name="Take back").click()
        by_mouse(tab, small[1:])
        says = digit_says(tab)
        assert tab.evaluate("new Set(f.seen).size > 12") is (motion == "no-preference")
        assert "read as" in says


def test_what_the_keyboard_draws_is_told_and_erased(visit):
    tab = visit("live/draw-a-digit.html", reduced_motion="reduce")
    told = tab.locator(".digit-told")
    pad = tab.get_by_role("application")
    pad.focus()
    for key, text in (
        ("ArrowLeft", "Pen above column 31, row 33."),
        ("Delete", "No ink at column 31, row 33."),
        (" ", "Pen down at column 31, row 33 of 64."),
        ("Shift+ArrowDown", "Drawn to column 31, row 41."),
        (" ", "Pen lifted at column 31, row 41."),
        ("Delete", "Erased at column 31, row 41."),
    ):
        pad.press(key)
        assert told.inner_text() == text
    assert "&ink=eg" in tab.evaluate("location.hash"), "the beginning of the stroke is left"
    pad.press(" ")
    pad.press("Escape")
    assert tab.evaluate("document.activeElement.textContent") == "Take back a stroke"
    assert tab.evaluate("location.hash").count(".") == 1, "what was begun is kept"


def test_from_a_map_down_to_the_pixels_by_keyboard(visit):
    tab = visit("live/draw-a-digit.html")
    digits = tab.locator(".digit-picks button")
    digits.first.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    assert digit_says(tab).startswith("Digit 2, ")
    tab.get_by_label("Layer").focus()
    tab.keyboard.type("C3")
    assert "C3, map 1, row 6, column 6:" in digit_says(tab)
    lines = tab.locator(".digit-lines")
    assert "Through S2, map 1:" in lines.inner_text()
    tab.get_by_role("button", name="C3, map 1", exact=True).focus()
    for key in ("ArrowRight", "ArrowDown", "PageDown"):
        tab.keyboard.press(key)
    assert "C3, map 2, row 7, column 7:" in digit_says(tab)
    tab.locator(".digit-sum .conv-grid button").first.press("Enter")
    assert "S2, map 1, row 7, column 7:" in digit_says(tab)
    assert "Mean: (" in lines.inner_text()
    assert "Normalised: " in lines.inner_text()
    tab.keyboard.press("Enter")  # the window's first value has the focus
    assert "C1, map 1, row 13, column 13:" in digit_says(tab)
    assert "Window: the picture" in tab.locator(".digit-sum").inner_text()
    assert lines.inner_text().count("\u00b7") == 1 + 25, "the formula, and every product"
    assert tab.locator(".digit-sum .conv-grid button").count() == 0, "pixels are given"


def test_a_digit_is_changed_covered_and_read_by_another_network(visit):
    tab = visit("live/draw-a-digit.html")
    first = digit_says(tab)
    assert not tab.get_by_label("Scaled and centred").is_visible(), "this one is centred"
    right = tab.get_by_label("To the right")
    for _ in range(6):
        right.press("ArrowRight")
    assert digit_says(tab) != first
    assert "right=6" in tab.evaluate("location.hash")
    tab.get_by_role("button", name="As it was").press("Enter")
    assert digit_says(tab) == first
    tab.get_by_label("Which ink matters?").press(" ")
    assert "lowers the probability of" in tab.locator("[data-part=cover]").inner_text()
    tab.get_by_role("combobox", name="Network").focus()
    tab.keyboard.type("one")
    assert "Map, row 16, column 17:" in digit_says(tab)
    tab.get_by_role("button", name="Class 3:").press("Enter")
    assert "Output, class 3:" in digit_says(tab)
    assert "161 others" in tab.locator(".digit-lines").inner_text()
    tab.locator(".digit-sum .conv-grid button").nth(14).click()
    assert "Pooled, row 2, column 2:" in digit_says(tab)


def test_a_cell_is_tapped_and_junk_is_no_drawing(visit):
    tab = visit("live/draw-a-digit.html", has_touch=True, width=360)
    large = tab.locator(".digit-large")
    assert not large.is_visible(), "on a phone it is folded"
    tab.get_by_text("One value of a map, and its sum").tap()
    box = large.bounding_box()
    large.tap(position={"x": box["width"] * 2.5 / 28, "y": box["height"] * 9.5 / 28})
    assert "C1, map 1, row 10, column 3:" in digit_says(tab)
    plain = digit_says(visit("live/draw-a-digit.html"))
    for junk in ("ink=<b>", "ink=A", f"ink={'AB' * 1001}", "stage=__proto__", "pick=1e9&map=0"):
        said = digit_says(visit("live/draw-a-digit.html", hash=f"#draw-a-digit&{junk}"))
        assert said == plain, junk


def test_on_a_phone_what_is_tapped_or_linked_unfolds(visit):
    tab = visit("live/draw-a-digit.html", has_touch=True, width=360)
    lines = tab.locator(".digit-lines")
    short = tab.evaluate("document.documentElement.scrollHeight")
    assert not lines.is_visible()
    tab.get_by_role("button", name="Class 3:").tap()
    assert "Output, class 3:" in digit_says(tab)
    assert lines.is_visible()
    assert not tab.get_by_label("To the right").is_visible()
    again = visit("live/draw-a-digit.html", hash=tab.evaluate("location.hash"), width=360)
    assert again.locator(".digit-lines").is_visible()
    turned = visit("live/draw-a-digit.html", hash="#draw-a-digit&turn=40", width=360)
    assert turned.get_by_label("Turned, degrees").is_visible()
    assert short < 2400, "three screens of a phone"


def words_say(tab):
    return tab.locator("living-which-words > .live-says").inner_text()


def test_not_great_fails_in_an_average_and_pairs_read_it(visit):
    tab = visit("live/which-words.html")
    assert re.search("We mean: negative.* and is wrong; .* and are right", words_say(tab))
    assert "not great" in tab.locator(".words-net").nth(1).inner_text()
    marks = tab.get_by_role("group", name="An average of words")
    assert marks.locator("button[tabindex='0']").count() == 1
    marks.locator("button[tabindex='0']").focus()
    tab.keyboard.press("ArrowLeft")
    share = tab.locator(".words-share").first
    assert re.search(
        "\u201cnot\u201d: score / number of words = \u22122 / 5 = \u22120.4", share.inner_text()
    )
    marks.get_by_role("button", name="great").hover()
    assert "= 6 / 5 = +1.2" in share.inner_text()
    assert tab.locator(".words-sum").first.inner_text().startswith("logit = 0.05 ")


def test_a_review_is_typed_and_is_text(visit):
    tab = visit("live/which-words.html", has_touch=True, width=400)
    review = tab.get_by_label("A review")
    review.fill("<img src=x onerror=alert(1)> zyzzyva <b>great</b>")
    assert tab.locator("living-which-words :is(img, b)").count() == 0
    notes = tab.locator(".words-notes").inner_text()
    assert "zyzzyva" in notes
    assert "We mean" not in words_say(tab)
    tab.get_by_role("group", name="An average").get_by_role("button", name="zyzzyva").tap()
    assert "is unknown" in tab.locator(".words-share").first.inner_text()
    again = visit("live/which-words.html", hash=tab.evaluate("location.hash"))
    assert words_say(again) == words_say(tab)
    review.fill("")
    assert "answers with its bias" in tab.locator(".words-share").first.inner_text()
    tab.get_by_role("button", name="Next").click()
    assert review.input_value().startswith("The acting is not good, "), "the next one of ours"


def test_a_temperature_by_keyboard_by_touch_and_where_the_loss_is_least(visit):
    tab = visit("live/calibration.html", has_touch=True)
    said = tab.locator(".live-says")
    sure, right = shares(tab)[0]
    assert sure > right + 10, "too sure at first"
    tab.get_by_role("slider").focus()
    tab.keyboard.press("ArrowRight")
    assert said.inner_text().startswith("T = 1.05:")
    assert shares(tab)[0][0] < sure
    assert shares(tab)[0][1] == right, "no answer changes"
    tab.get_by_role("button", name="To the least loss").press("Enter")
    found, best = re.search(r"^T = ([\d.]+):.* T = ([\d.]+)\.$", said.inner_text()).groups()
    assert abs(float(found) - float(best)) <= 0.026
    assert abs(shares(tab)[0][0] - right) < 8
    tab.touchscreen.tap(*place(tab.locator(".curve-plot").nth(1), 0.5))
    assert said.inner_text().startswith("T = 3.1:")
    label = tab.locator(".calibration-bars").get_attribute("aria-label")
    assert sum(int(count) for count in re.findall(r": (\d+),", label)) == 400
