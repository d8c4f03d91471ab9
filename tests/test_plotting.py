import itertools
import subprocess
import sys
import warnings

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

mpl.use("agg")

from nbhelpers import palette, plotting  # noqa: E402  (the backend must be chosen first)
from nbhelpers.errors import LabelError, NaNError, SettingError, ShapeError  # noqa: E402
from nbhelpers.reporting import Published, Spread  # noqa: E402
from nbhelpers.training import Run  # noqa: E402


@pytest.fixture(autouse=True)
def _close():
    yield
    plotting.plt.close("all")


def make_runs(*accuracies):
    return [Run(k, {"test_accuracy": [0.5, a]}, [1.0, 3.0]) for k, a in enumerate(accuracies)]


def test_curves_show_the_mean_and_the_whole_range():
    ax = plotting.plot_curves({"a": make_runs(0.6, 0.8)})
    assert list(ax.lines[0].get_ydata()) == [0.5, pytest.approx(0.7)]
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(0.8)
    assert band[:, 1].min() == pytest.approx(0.5)


def test_curves_against_time_use_the_training_seconds():
    ax = plotting.plot_curves({"a": make_runs(0.6)}, against="seconds")
    assert list(ax.lines[0].get_xdata()) == [1.0, 3.0]
    assert "time" in ax.get_xlabel()


def test_scores_show_every_seed_and_the_published_number():
    ax = plotting.plot_scores(
        {"a": make_runs(0.6, 0.8), "b": make_runs(0.9)}, reference=Published(0.99, "somebody")
    )
    assert list(ax.lines[0].get_xdata()) == [60, 80]
    assert [line.get_xydata().tolist() for line in ax.lines[1:4:2]] == [[[70, 0]], [[90, 1]]]
    assert ax.get_ylim()[0] > 1 > 0 > ax.get_ylim()[1], "from the top down"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.lines[-1].get_xdata()[0] == 99


def test_sweep_has_the_settings_on_its_axis():
    ax = plotting.plot_sweep({1: make_runs(0.6, 0.8), 4: make_runs(0.9, 0.9)}, xlabel="kernels")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1, 70], [4, 90]])
    bars = [np.ptp(segment[:, 1]) / 2 for segment in ax.collections[0].get_segments()]
    np.testing.assert_allclose(bars, [100 * np.std([0.6, 0.8], ddof=1), 0], atol=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("kernels", "test accuracy (%)")


def test_long_curves_are_not_covered_by_markers_and_count_their_epochs_from_one():
    short, long = ([Run(0, {"val_loss": [0.5] * n})] for n in (10, 11))
    ax = plotting.plot_curves({"short": short, "long": long}, "val_loss")
    assert [line.get_marker() in ("None", None) for line in ax.lines] == [False, True]
    assert [list(line.get_xdata())[::9] for line in ax.lines] == [[1, 10], [1, 10]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "validation loss")


def test_runs_of_different_length_are_no_one_line():
    runs = [*make_runs(0.8), Run(1, {"test_accuracy": [0.5]})]
    with pytest.raises(ShapeError, match=r"runs of 'a' have \[1, 2\] epochs; expected runs of one"):
        plotting.plot_curves({"a": runs})


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_one_bad_pixel_takes_the_scale_from_no_other(hole):
    images = np.arange(8.0).reshape(2, 2, 2)
    images[0, 0, 0] = hole
    ax = plotting.plot_images(images)
    assert [shown.get_clim() for shown in ax.images] == [(1, 7)] * 2
    with pytest.raises(NaNError, match="no finite number"):
        plotting.plot_images(images[:1, :1, :1])


def test_images_share_one_scale():
    ax = plotting.plot_images(np.stack([np.zeros((4, 3)), np.ones((4, 3))]), ["a", "b"], ncols=2)
    assert [image.get_clim() for image in ax.images] == [(0, 1), (0, 1)]
    assert [text.get_text() for text in ax.texts] == ["a", "b"]


@pytest.mark.parametrize(("titles", "in_a_row"), [(None, 8), (["a title"] * 10, 4)])
def test_a_mosaic_fills_its_rows_from_the_left_and_shows_every_image_whole(titles, in_a_row):
    ax = plotting.plot_images(np.zeros((10, 4, 3, 1)), titles)
    places = [image.get_extent() for image in ax.images]  # left, right, bottom, top
    columns = sorted({left for left, *_ in places})
    rows = sorted({top for *_, top in places})
    found = [(rows.index(top), columns.index(left)) for left, _, _, top in places]
    assert found == [divmod(k, in_a_row) for k in range(10)]
    assert {(right - left, bottom - top) for left, right, bottom, top in places} == {(3, 4)}
    assert all(b - a > 3 for a, b in zip(columns, columns[1:], strict=False)), "a gap between them"
    assert all(b - a > 4 for a, b in zip(rows, rows[1:], strict=False))
    assert ax.get_xlim() == (0, pytest.approx(columns[-1] + 3))
    low, high = ax.get_ylim()
    assert low == pytest.approx(rows[-1] + 4)
    assert high == (0 if titles is None else -1)  # a row for the words
    middles = [(left + right) / 2 for left, right, *_ in places]
    assert [text.get_position()[0] for text in ax.texts] == (middles if titles else [])


@pytest.mark.parametrize("shape", [(4, 3), (0, 4, 3), (2, 4, 3, 3)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError, match="height, width"):
        plotting.plot_images(np.zeros(shape))


def test_confusion_counts_every_pair_and_colours_mistakes_only():
    ax = plotting.plot_confusion(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ["x", "y"])
    assert sorted(text.get_text() for text in ax.texts) == ["1", "1", "2"]
    assert ax.images[0].get_array().tolist() == [[0, 1], [0, 0]]
    colours = {text.get_position(): text.get_color() for text in ax.texts}
    assert colours == {(0, 0): "k", (1, 0): "w", (1, 1): "k"}, "white on the dark mistake only"


@pytest.mark.parametrize("y", [[1, 2], [-1, 0]])
def test_a_label_without_a_name_is_not_left_out_in_silence(y):
    for pair in ((y, [0, 1]), ([0, 1], y)):
        with pytest.raises(LabelError, match="expected class indices from 0 to 1"):
            plotting.plot_confusion(*pair, ["x", "y"])


def test_a_column_of_labels_is_compared_row_by_row():
    probs, column = np.array([[0.6, 0.4], [0.9, 0.1]]), np.array([[0], [1]])
    matrix = plotting.plot_confusion(column, probs, ["x", "y"])
    assert [text.get_text() for text in matrix.texts] == ["1", "1"]
    mosaic = plotting.plot_mistakes(np.zeros((2, 4, 4)), column, probs, ["x", "y"])
    assert [text.get_text() for text in mosaic.texts] == ["y → x, 0.90"]


def test_the_most_confident_mistake_comes_first():
    probs = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8]])
    ax = plotting.plot_mistakes(np.ones((3, 4, 4)), np.array([1, 1, 1]), probs, ["x", "y"])
    assert [text.get_text() for text in ax.texts] == ["y → x, 0.90", "y → x, 0.60"]
    ax = plotting.plot_mistakes(np.ones((3, 4, 4)), [1, 1, 1], probs, ["x", "y"], n_shown=1)
    assert [text.get_text() for text in ax.texts] == ["y → x, 0.90"]


def test_no_mistakes_are_no_error():
    ax = plotting.plot_mistakes(np.ones((1, 4, 4)), np.array([0]), np.array([[1.0, 0]]), ["x", "y"])
    assert ax.texts[0].get_text() == "no mistakes"


def make_table():
    import pandas as pd

    rows = [
        ("E7", "one layer", "recipe", 200_000, 9.0, 0.8),
        ("E7", "best", "improved", 100_000, 12.0, 0.9),
        ("E7", "a step", "step", 100_000, 10.0, 0.85),
        ("E7", "nearest neighbour", "baseline", 0, 0.1, 0.85),
        ("E7", "eigenfaces", "baseline", 0, 0.1, 0.85),
    ]
    columns = ["experiment", "label", "role", "parameters", "seconds", "accuracy"]
    table = pd.DataFrame(rows, columns=columns)
    for column in ("seconds", "accuracy"):
        table[column] = [Spread(value, 0.01, 3) for value in table[column]]
    table["row"] = table.label.where(table.role == "baseline", "E7 one layer")
    return table


@pytest.mark.parametrize(
    ("value", "recipe", "improved"),
    [("accuracy", 80, 90), ("errors", 20, 10), ("parameters", 200_000, 100_000)],
)
def test_a_dumbbell_joins_a_recipe_with_what_was_made_of_it(value, recipe, improved):
    ax = plotting.plot_dumbbells(make_table(), value)
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "E7 one layer", "nearest neighbour", "eigenfaces",
    ]  # fmt: skip
    joined = ax.lines[0]
    assert list(joined.get_xdata()) == pytest.approx([recipe, improved])
    assert set(joined.get_ydata()) == {0}
    low, high = ax.get_xlim()
    assert low < min(recipe, improved) < max(recipe, improved) < high
    at = {line.get_marker(): line.get_xdata()[0] for line in ax.lines if len(line.get_xdata())}
    assert (at["o"], at["D"]) == pytest.approx((recipe, improved))


def test_squares_without_parameters_are_drawn_where_accuracy_is_but_not_where_they_are_counted():
    squares = {
        value: sum(
            line.get_marker() == "s" for line in plotting.plot_dumbbells(make_table(), value).lines
        )
        for value in ("accuracy", "parameters")
    }
    assert squares == {"accuracy": 2, "parameters": 0}


def test_dumbbells_of_nothing_are_an_empty_picture():
    assert not plotting.plot_dumbbells(make_table().iloc[:0]).lines


def test_verdicts_have_a_square_a_claim_and_a_legend_of_those_that_came_up():
    ax = plotting.plot_verdicts({"a": ["holds", "does not hold", "holds"], "b": ["holds"]})
    corners = [(round(patch.get_x(), 2), round(patch.get_y(), 2)) for patch in ax.patches]
    assert corners == [(0.06, -0.4), (1.06, -0.4), (2.06, -0.4), (0.06, 0.6)]
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.texts] == ["+  holds", "−  does not hold"]
    assert [text.get_text() for text in ax.texts] == ["+", "+", "−", "+"], "not colour alone"
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a (3)", "b (1)"]


def test_a_name_with_dollars_is_drawn_as_it_is_written():
    names = ("$20 … $3", r"\$x_1$")  # the second is no formula that could be typeset, either
    images = plotting.plot_images(np.zeros((2, 4, 4)), names)
    matrix = plotting.plot_confusion([0, 1], [0, 1], names)
    for text in (*images.texts, *matrix.get_xticklabels(), *matrix.get_yticklabels()):
        assert text.get_text() in names
        assert not text.get_parse_math()
    for ax in (images, matrix):
        ax.figure.canvas.draw()


def test_a_name_that_no_font_can_write_gives_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "font.family", ["DejaVu Sans"])  # whatever is installed here
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ax = plotting.plot_confusion([0, 1, 2], [0, 1, 2], ["王芳", "アキラ", "अनीता"])
        ax.figure.canvas.draw()
    told = [str(warning.message) for warning in caught]
    # Matplotlib before 3.11 says of some scripts, truthfully, that it cannot set them.
    (line,) = [line for line in told if "does not support Devanagari natively" not in line]
    assert "王" in line
    assert "Install Noto Sans CJK and Noto Sans Devanagari" in line


DRAWN = """
import sys, warnings
from matplotlib import font_manager
font_manager.fontManager.addfont(sys.argv[1])  # as if it were installed
from nbhelpers import plotting
warnings.simplefilter("error")
plotting.plot_confusion([0, 1], [0, 1], ["\U0003134a", "Zoë"]).figure.canvas.draw()
"""


def test_names_are_drawn_by_a_font_that_has_them_where_one_is_installed(tmp_path):
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "rare"])
    font.setupCharacterMap({0x3134A: "rare"})  # hardly any other font has it
    font.setupGlyf(dict.fromkeys([".notdef", "rare"], TTGlyphPen(None).glyph()))
    font.setupHorizontalMetrics(dict.fromkeys([".notdef", "rare"], (500, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupOS2()
    font.setupPost()
    font.setupNameTable({"familyName": "Noto Sans CJK SC", "styleName": "Regular"})
    font.save(tmp_path / "font.ttf")
    subprocess.run([sys.executable, "-c", DRAWN, str(tmp_path / "font.ttf")], check=True)


def test_names_that_the_fonts_can_write_give_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.plot_images(np.zeros((3, 4, 4)), ["Zoë", "Αθηνά", "Ольга"]).figure.canvas.draw()


def test_a_concept_looks_the_same_everywhere_and_two_of_a_family_differ_without_colours():
    assert palette.style("Adam") == {"color": "#D55E00", "linestyle": "-", "marker": "^"}
    assert "marker" not in palette.style("relu", marker=False)
    for family in palette.FAMILIES.values():
        assert len({look[1:] for look in family.values()}) == len(family)
        assert len({look[0] for look in family.values()}) == len(family)
    with pytest.raises(SettingError, match="'Adma'; expected one of .*'Adam'"):
        palette.style("Adma")


@pytest.mark.parametrize("colour", palette.COLOURS)
def test_text_in_a_colour_is_legible_on_white(colour):
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4
        for p in mpl.colors.to_rgb(palette.ink(colour))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5
    assert palette.ink("#000000") == "#000000"


def test_a_split_shows_as_many_cells_on_each_side_as_it_has_pictures():
    ax = plotting.plot_split(["a", "b", "c"], [True, False, True], 40)
    training, test = (palette.style(side)["color"] for side in ("training", "test"))
    cells = {(p.get_x(), p.get_y()): mpl.colors.to_hex(p.get_edgecolor()) for p in ax.patches}
    columns = {x: {color.upper() for (at, _), color in cells.items() if at == x} for x, _ in cells}
    assert [columns[x] for x in sorted(columns)] == [{training}, {test}, {training}]
    said = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert said == ["training: 40 × 2 = 80", "test: 40 × 1 = 40"]
    assert [tick.get_text() for tick in ax.get_yticklabels()][-1] == "person 40"


def test_accuracies_are_in_per_cent_and_losses_are_not():
    ax = plotting.plot_curves({"a": make_runs(0.6)})
    ax.figure.canvas.draw()
    ticks = [label.get_text() for label in ax.get_yticklabels()]
    assert all(tick.endswith(" %") for tick in ticks)
    assert "50 %" in ticks
    losses = plotting.plot_curves({"a": [Run(0, {"loss": [0.5, 0.2]}, [1.0, 3.0])]}, "loss")
    losses.figure.canvas.draw()
    assert not any("%" in label.get_text() for label in losses.get_yticklabels())


def test_curves_differ_without_colours_also_when_they_are_drawn_one_after_the_other():
    ax = plotting.plot_curves({"a": make_runs(0.6), "Adam": make_runs(0.7)})
    plotting.plot_curves({"b": make_runs(0.8)}, ax=ax)
    looks = [(line.get_marker(), line.get_linestyle()) for line in ax.lines]
    assert len(set(looks)) == len({line.get_color() for line in ax.lines}) == 3
    assert looks[1] == ("^", "-"), "what the palette knows looks as on other pages"


def test_words_above_images_have_room_and_every_mosaic_is_as_wide_as_the_page():
    plain = plotting.plot_images(np.zeros((16, 4, 4)))
    titled = plotting.plot_images(np.zeros((16, 4, 4)), ["9 → 4, 1.00"] * 16)
    for ax in (plain, titled, plotting.plot_images(np.zeros((2, 4, 4)))):
        assert ax.figure.get_size_inches()[0] == 6.5
    titled.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in titled.texts]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_a_published_number_is_named_within_the_frame():
    groups = {"a": make_runs(0.6, 0.8), "b": make_runs(0.9)}
    for accuracy in (0.95, 0.5):
        ax = plotting.plot_scores(groups, reference=Published(accuracy, "somebody else, 1998"))
        ax.figure.canvas.draw()
        box, frame = ax.texts[0].get_window_extent(), ax.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1


def test_white_images_can_be_framed():
    plain, framed = (plotting.plot_images(np.ones((2, 3, 3)), framed=f) for f in (False, True))
    assert len(plain.patches) == 0
    assert [patch.get_xy() for patch in framed.patches] == [(0, 0), (3.75, 0)]


def test_levels_show_the_mean_over_seeds_in_per_cent_and_the_deviation_as_bars():
    curves = {"two seeds": np.array([[0.5, 0.7], [0.2, 0.2]]), "one": np.array([[0.9], [0.8]])}
    looks = {"two seeds": palette.style("dense"), "one": palette.style("convolution")}
    ax = plotting.plot_levels([0, 3], curves, looks)
    two, one = ax.containers
    np.testing.assert_allclose(two[0].get_xydata(), [[0, 60], [3, 20]])
    bars = [np.ptp(segment[:, 1]) / 2 for segment in two[2][0].get_segments()]
    np.testing.assert_allclose(bars, [np.sqrt(200), 0], atol=1e-9)
    assert one[0].get_color() == looks["one"]["color"]
    assert [np.ptp(segment[:, 1]) for segment in one[2][0].get_segments()] == [0, 0]


LONG_NAMES = ["Tomato___Tomato_Yellow_Leaf_Curl_Virus", "Tomato___healthy\n(all of it)", "x" * 255]


def overlaps(ax):
    """Count the pairs of texts of the axes that run into each other."""
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    return sum(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_long_names_run_neither_into_each_other_nor_over_the_picture():
    x = np.zeros((12, 56, 46))
    y = np.arange(12) % 3
    probs = np.eye(3)[(y + 1) % 3]
    ax = plotting.plot_mistakes(x, y, probs, LONG_NAMES)
    assert overlaps(ax) == 0
    for text, label in zip(ax.texts, y, strict=True):
        true, said = text.get_text().split(" →\n")
        assert said.endswith(", 1.00")
        for name, whole in ((true, LONG_NAMES[label]), (said[:-6], LONG_NAMES[(label + 1) % 3])):
            begin, _, end = name.partition("…")
            assert whole.replace("\n", " ").startswith(begin)
            assert whole.endswith(end)
    assert overlaps(plotting.plot_images(x, [f"{LONG_NAMES[k]}, train" for k in y])) == 0
    ax = plotting.plot_confusion(y, y, LONG_NAMES)
    ax.figure.canvas.draw()
    assert ax.get_position().width > 0.4


def test_short_names_and_titles_stay_in_one_line():
    titles = ["Anna-Maria → Bob, 0.98", "kernel 1", 7]
    ax = plotting.plot_images(np.zeros((3, 9, 9)), titles, ncols=4)
    assert [text.get_text() for text in ax.texts] == [str(title) for title in titles]
