"""The course's figures: each function draws into ``ax`` (or a new one) and returns it.

The only module that imports matplotlib. What size letters have and how wide a figure is stands in
``course.mplstyle``, which colour stands for what in `nbhelpers.palette`.
"""

import itertools
import unicodedata
import warnings
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator

from nbhelpers import _validate
from nbhelpers.errors import NaNError, ShapeError
from nbhelpers.palette import COLOURS, STYLES, ink, style
from nbhelpers.reporting import mean_spread

__all__ = [
    "COLOURS",
    "ink",
    "label_roles",
    "plot_confusion",
    "plot_curves",
    "plot_dumbbells",
    "plot_images",
    "plot_levels",
    "plot_mistakes",
    "plot_scores",
    "plot_split",
    "plot_sweep",
    "plot_verdicts",
    "style",
]

plt.style.use(Path(__file__).with_name("course.mplstyle"))
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=COLOURS)
VERDICT_COLOURS = {
    "holds": "#009E73",
    "holds with a condition": "#56B4E9",
    "does not hold": "#D55E00",
    "not decided": "#BBBBBB",
}
VERDICT_SIGNS = {
    "holds": "+",
    "holds with a condition": "if",
    "does not hold": "−",
    "not decided": "?",
}
# For names that the default font cannot write; of each system the usual ones, and Google's Noto.
FALLBACKS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang SC", "PingFang HK"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Noto Sans Devanagari", "Lohit Devanagari"),
    *("Nirmala UI", "Noto Sans Arabic", "Noto Sans Thai", "Arial Unicode MS", "Unifont"),
)
_INSTALLED = {font.name for font in fontManager.ttflist}
plt.rcParams["font.family"] = ["sans-serif", *(name for name in FALLBACKS if name in _INSTALLED)]
AS_TEXT = {"parse_math": False}  # for what comes from data: a dollar in it begins no formula
MARKERS, DASHES = "osD^vPX", ("-", "--", "-.", ":")  # of curves that the palette does not know
WIDTH = plt.rcParams["figure.figsize"][0]
LARGEST = 1.65  # inches that an image of a mosaic gets, with its gap
LETTER = 0.095  # inches that a letter of a title takes, on average
LONGEST = 24  # letters of a class's name along an axis
GAP = 0.25  # between two images of a mosaic, as a part of an image's side


def plot_curves(groups, metric="test_accuracy", *, against="epoch", looks=None, ax=None):
    """Plot a metric over training: a line for the mean over seeds, a band from lowest to highest.

    Parameters
    ----------
    groups : dict of str to list of Run
        Legend label to the runs of one network; a concept of the palette is drawn in its style.
    metric : str
        A key of ``Run.history``; an accuracy's axis shows per cent.
    against : {"epoch", "seconds"}
        ``"seconds"`` uses the mean training time over the seeds.
    looks : dict of str to dict, optional
        Legend label to how its line is drawn, as `style` returns it.
    ax : matplotlib Axes, optional

    Raises
    ------
    ShapeError
        If the runs of a label have not as many epochs each.
    """
    ax = ax or plt.subplots()[1]
    for label, runs in groups.items():
        lengths = sorted({len(run.history[metric]) for run in runs})
        if len(lengths) != 1:
            raise ShapeError(
                f"the runs of {label!r} have {lengths} epochs; expected runs of one length. Give "
                "each length a label of its own."
            )
        values = np.array([run.history[metric] for run in runs])  # (seeds, epochs)
        if against == "seconds":
            x = np.mean([run.epoch_seconds for run in runs], axis=0)
        else:
            x = np.arange(1, values.shape[1] + 1)
        look = (looks or {}).get(label) or _look(label, ax)
        if len(x) > 10:
            look = look | {"marker": None}
        (line,) = ax.plot(x, values.mean(axis=0), markersize=5, label=label, **look)
        ax.fill_between(
            x, values.min(axis=0), values.max(axis=0), color=line.get_color(), alpha=0.2, lw=0
        )
    if against == "epoch":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if metric.endswith("accuracy"):
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
    ax.set_xlabel("training time (s)" if against == "seconds" else "epoch")
    ax.set_ylabel(_words(metric))
    ax.legend()
    return ax


def _look(label, ax):
    """Return the palette's style of a concept, else one that no line of the axes has yet."""
    if label in STYLES:
        return style(label)
    taken, place = {line.get_color() for line in ax.lines}, len(ax.lines)
    colour = next((c for c in COLOURS if c not in taken), COLOURS[place % len(COLOURS)])
    return {
        "color": colour,
        "marker": MARKERS[place % len(MARKERS)],
        "linestyle": DASHES[place % len(DASHES)],
    }


def _words(metric):
    """Say what a metric is called outside the code."""
    return metric.replace("val_", "validation ").replace("_", " ")


def plot_scores(groups, metric="test_accuracy", *, reference=None, ax=None):
    """Plot one row a network: a dot a seed, a bar at their mean; for ladders and ablations.

    Parameters
    ----------
    groups : dict of str to list of Run
        Row label to runs, drawn from the top down.
    metric : str
        Which final number; shown in per cent.
    reference : Published, optional
        A dashed line at a published accuracy.
    ax : matplotlib Axes, optional
    """
    ax = ax or plt.subplots(figsize=(6.5, 0.5 * len(groups) + 1.2))[1]
    for row, runs in enumerate(groups.values()):
        values = [100 * run.final(metric) for run in runs]
        ax.plot(values, [row] * len(values), "o", color=COLOURS[0], alpha=0.6)
        ax.plot(np.mean(values), row, "|", color=COLOURS[1], markersize=18, markeredgewidth=2.5)
    if reference is not None:
        x = 100 * reference.accuracy
        ax.axvline(x, color=COLOURS[-1], ls="--", lw=1.5)
        side = "right" if x > np.mean(ax.get_xlim()) else "left"  # towards the middle
        place = {"transform": ax.get_xaxis_transform(), "ha": side, "va": "bottom"}
        ax.text(x, 1.02, reference.source, **place)
    ax.set_yticks(range(len(groups)), list(groups))
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.set_xlabel(f"{_words(metric)} (%)")
    return ax


def plot_sweep(groups, metric="test_accuracy", *, xlabel, ax=None):
    """Plot a final metric against a setting, with the standard deviation over seeds as error bar.

    Parameters
    ----------
    groups : dict of float to list of Run
        Value of the setting to runs.
    metric : str
        Which final number; shown in per cent.
    xlabel : str
        Name of the setting.
    ax : matplotlib Axes, optional
    """
    ax = ax or plt.subplots()[1]
    spreads = [mean_spread(runs, metric) for runs in groups.values()]
    ax.errorbar(
        list(groups),
        [100 * spread.mean for spread in spreads],
        yerr=[100 * spread.std for spread in spreads],
        marker="o",
        capsize=3,
    )
    ax.set_xlabel(xlabel)
    ax.set_ylabel(f"{_words(metric)} (%)")
    return ax


def plot_levels(levels, curves, looks, *, ax=None):
    """Plot how right methods are at each level: the mean, its bars the standard deviation.

    Parameters
    ----------
    levels : sequence of float
        Of a distortion, or how many examples there were to learn from.
    curves : dict of str to ndarray of shape (levels, seeds)
        Name of a method to its accuracies, fractions of 1; shown in per cent.
    looks : dict of str to dict
        Name of a method to how it is drawn, as `style` returns it.
    ax : matplotlib Axes, optional
    """
    ax = ax or plt.subplots()[1]
    for name, scores in curves.items():
        several = min(1, scores.shape[1] - 1)  # of a single seed no deviation is known: 0
        mean, std = 100 * scores.mean(axis=1), 100 * scores.std(axis=1, ddof=several)
        ax.errorbar(levels, mean, std, capsize=3, label=name, **looks[name])
    ax.set_ylabel("test accuracy (%)")
    return ax


def plot_dumbbells(table, value="accuracy", *, ax=None):
    """Plot one row an experiment: where its recipe stands, and where what was made of it does.

    An open circle is a recipe, a diamond the improved network, a square a method without a
    network. Thin bars are standard deviations over the seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        As `nbhelpers.results.networks` returns it, with a column ``row`` more: the name of the row
        that each belongs in, drawn from the top down. Steps between recipe and improved network
        are passed over.
    value : {"accuracy", "errors", "parameters"}
        The last two on a logarithmic axis; what has none of them is not drawn there.
    ax : matplotlib Axes, optional
    """
    table = table[table.role != "step"]
    names = list(dict.fromkeys(table.row))
    ax = ax or plt.subplots(figsize=(6.5, 0.36 * len(names) + 1.2))[1]
    ax.set_xlabel(_BOARD_WORDS[value])
    if value != "accuracy":
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(lambda number, _: f"{number:g}")
    for place, name in enumerate(names):
        rows = table[table.row == name].itertuples()
        points = [(row.role, *_board_value(row, value)) for row in rows]
        points = [point for point in points if point[1] > 0]
        ax.plot([x for _, x, _ in points], [place] * len(points), color="0.6", zorder=1)
        for role, x, spread in points:
            ax.errorbar(x, place, xerr=spread, **_ROLE_STYLES[role])
    ax.margins(x=0.15)
    if value == "parameters":  # on one scale in all pictures
        low, high = ax.get_xlim()
        ax.set_xlim(min(low, 900), max(high, 2e7))
        ax.set_xticks([1e3, 1e4, 1e5, 1e6, 1e7], ["1k", "", "100k", "", "10M"])
    ax.minorticks_off()
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    return ax


_BOARD_WORDS = {
    "accuracy": "test accuracy (%)",
    "errors": "test errors (%)",
    "parameters": "parameters",
}
_ROLE_STYLES = {
    "recipe": {"fmt": "o", "color": style("recipe")["color"], "mfc": "white", "mew": 1.5, "ms": 8},
    "improved": {"fmt": "D", "color": style("improved")["color"], "ms": 7},
    "baseline": {"fmt": "s", "color": COLOURS[-1], "ms": 5},
}


def _board_value(row, value):
    """Return what the board shows of a row, and its standard deviation over the seeds."""
    if value == "parameters":
        return row.parameters, None
    accuracy, spread = 100 * row.accuracy.mean, 100 * row.accuracy.std
    return (accuracy if value == "accuracy" else 100 - accuracy), spread


def label_roles(figure):
    """Put a legend of what `plot_dumbbells` draws below a figure.

    Parameters
    ----------
    figure : matplotlib Figure
        With room left by a constrained layout, as all of the course have.
    """
    words = {"recipe": "recipe", "improved": "improved", "baseline": "without a network"}
    handles = [
        Line2D([], [], ls="", marker=style["fmt"], label=words[role],
               **{key: style[key] for key in style if key != "fmt"})
        for role, style in _ROLE_STYLES.items()
    ]  # fmt: skip
    figure.legend(handles=handles, ncols=3, loc="outside lower center")


def plot_verdicts(counts, *, ax=None):
    """Plot how claims came out: a row a group, a square a claim, its colour and sign the verdict.

    Parameters
    ----------
    counts : dict of str to list of str
        Group to the verdicts on its claims.
    ax : matplotlib Axes, optional
    """
    ax = ax or plt.subplots(figsize=(6.5, 0.45 * len(counts) + 1.2))[1]
    order = list(VERDICT_COLOURS)
    for row, verdicts in enumerate(counts.values()):
        for place, verdict in enumerate(sorted(verdicts, key=order.index)):
            colour, sign = VERDICT_COLOURS[verdict], VERDICT_SIGNS[verdict]
            ax.add_patch(Rectangle((place + 0.06, row - 0.4), 0.88, 0.8, color=colour))
            ax.text(place + 0.5, row, sign, ha="center", va="center_baseline")
    found = [name for name in order if any(name in verdicts for verdicts in counts.values())]
    handles = [Patch(color=VERDICT_COLOURS[n], label=f"{VERDICT_SIGNS[n]}  {n}") for n in found]
    ax.figure.legend(handles=handles, ncols=2, loc="outside lower center")
    ax.set_xlim(0, max(map(len, counts.values())))
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_yticks(range(len(counts)), [f"{name} ({len(counts[name])})" for name in counts])
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def plot_images(images, titles=None, *, ncols=None, framed=False, ax=None, vmin=None, vmax=None):
    """Show images side by side on one axis, each on a common scale of grey.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, 1)
    titles : sequence of str, optional
        One above each image; what would run into its neighbours is broken into two lines.
    ncols : int, optional
        Images a row; by default eight, or four where words stand above them.
    framed : bool, default=False
        Whether each has a thin grey frame, without which white at an edge is lost on the page.
    ax : matplotlib Axes, optional
    vmin, vmax : float, optional
        Values shown as black and as white; by default the smallest and the largest that are
        finite. What is NaN stays blank.
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not len(images):
        msg = f"images has shape {images.shape}; expected (n, height, width), n at least 1."
        raise ShapeError(msg)
    n, height, width = images.shape
    ncols = min(ncols or (8 if titles is None else 4), n)
    nrows = -(-n // ncols)
    step = (height * (1 + GAP), width * (1 + GAP))
    row = min(WIDTH / ncols, LARGEST) * step[0] / step[1]
    ax = ax or plt.subplots(figsize=(WIDTH, nrows * row))[1]
    _warn_of_boxes(() if titles is None else titles)
    finite = images[np.isfinite(images)]
    if not finite.size:
        raise NaNError(f"images of shape {images.shape} hold no finite number; expected some.")
    limits = (finite.min() if vmin is None else vmin, finite.max() if vmax is None else vmax)
    for k, image in enumerate(images):
        top, left = (k // ncols) * step[0], (k % ncols) * step[1]
        extent = (left, left + width, top + height, top)
        ax.imshow(image, extent=extent, vmin=limits[0], vmax=limits[1])
        if framed:
            ax.add_patch(Rectangle((left, top), width, height, fill=False, color="0.5", lw=1))
        if titles is not None:
            title = _in_lines(titles[k], _room(ncols))
            ax.text(left + width / 2, top, title, ha="center", va="bottom", fontsize=11, **AS_TEXT)
    ax.set_xlim(0, ncols * step[1] - GAP * width)
    ax.set_ylim(nrows * step[0] - GAP * height, -GAP * height if titles is not None else 0)
    ax.axis("off")
    return ax


def _room(ncols):
    """Return about how many letters a title may have without running into its neighbours."""
    return int(WIDTH / ncols / LETTER)


def _in_lines(title, room):
    """Return a title in which a line of far more letters than there is room for is two."""
    return "\n".join(_in_two(line, room) for line in str(title).split("\n"))


def _in_two(line, room):
    if len(line) <= 1.2 * room:
        return line
    line = _short(line, 2 * room)
    at = line.rfind(" ", len(line) - room - 1, room + 1)  # where both halves have room
    return f"{line[:room]}\n{line[room:]}" if at < 0 else f"{line[:at]}\n{line[at + 1 :]}"


def _short(name, longest=LONGEST):
    """Return a name from data in one line; of a long one the beginning and the end."""
    name = " ".join(str(name).split())
    cut = len(name) - longest + 1
    return name if cut <= 1 else name[: longest // 2] + "…" + name[longest // 2 + cut :]


def plot_split(labels, training, n_groups, *, group="person", ax=None):
    """Draw how a data set is split that has as many pictures of each person, or of any group.

    Parameters
    ----------
    labels : sequence of str
        What the pictures of one group are called, in their order.
    training : sequence of bool
        Which of them are learned from; the others are the test.
    n_groups : int
        The first three and the last are drawn.
    group : str, default="person"
    ax : matplotlib Axes, optional
    """
    ax = ax or plt.subplots(figsize=(6.5, 2.8))[1]
    handles = []
    for side, learned in {"training": True, "test": False}.items():
        columns = np.flatnonzero(np.asarray(training, dtype=bool) == learned)
        color, count = style(side)["color"], len(columns)
        look = {"fc": color if learned else "white", "hatch": None if learned else "////"}
        look |= {"edgecolor": color, "linewidth": 1.5}
        for row, column in itertools.product((0, 1, 2, 4), columns):
            ax.add_patch(Rectangle((column - 0.42, row - 0.4), 0.84, 0.8, **look))
        handles.append(Patch(label=f"{side}: {n_groups} × {count} = {n_groups * count}", **look))
    ax.text((len(labels) - 1) / 2, 3, "⋮", ha="center", va="center")
    ax.figure.legend(handles=handles, ncols=2, loc="outside upper center")
    ax.set_xticks(range(len(labels)), labels, **AS_TEXT)
    ax.set_yticks([0, 1, 2, 4], [f"{group} {k}" for k in (1, 2, 3, n_groups)])
    ax.set(xlim=(-0.5, len(labels) - 0.5), ylim=(4.5, -0.5))
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def _warn_of_boxes(texts):
    """Warn, in one line, of characters that no font at hand has, and say which font to install."""
    known = _characters(tuple(plt.rcParams["font.family"]))
    missing = {sign for text in texts for sign in str(text) if ord(sign) not in known}
    missing = sorted(sign for sign in missing if sign.isprintable())
    if not missing:
        return
    scripts = {unicodedata.name(sign, "SYMBOLS").split()[0] for sign in missing}
    east_asian = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}
    fonts = {"CJK" if script in east_asian else script.title() for script in scripts}
    fonts = " and ".join(f"Noto Sans {font}" for font in sorted(fonts))
    warnings.warn(
        f"No font here has {''.join(missing[:20])}; a figure shows empty boxes instead. Install "
        f"{fonts} (on Debian and Ubuntu fonts-noto), then start the kernel again.",
        stacklevel=3,
    )
    codes = "|".join(str(ord(sign)) for sign in missing)
    warnings.filterwarnings("ignore", rf"Glyph ({codes}) ")  # the same again, a line a character


@cache
def _characters(families):
    """Return the code points that the fonts of these families have."""
    fonts = [FontProperties(family=[family]) for family in families]
    paths = [findfont(font, fallback_to_default=False) for font in fonts]
    return {code for path in paths for code in get_font(path).get_charmap()}


def plot_confusion(y_true, y_pred, label_names, *, ax=None):
    """Show the confusion matrix; colour marks the mistakes only, numbers count every pair.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n,)
        Class indices.
    label_names : sequence of str
    ax : matplotlib Axes, optional

    Raises
    ------
    ShapeError, LabelError
        If the two are not of one length, or a label has no name.
    """
    from sklearn.metrics import confusion_matrix

    size = len(label_names)
    # scikit-learn would leave out, in silence, what is none of these classes.
    y_true = _validate.class_indices("y_true", y_true, len(y_true), size)
    y_pred = _validate.class_indices("y_pred", y_pred, len(y_true), size)
    ax = ax or plt.subplots(figsize=(6.5, 6))[1]
    counts = confusion_matrix(y_true, y_pred, labels=range(size))
    mistakes = np.where(np.eye(size, dtype=bool), 0, counts)
    ax.imshow(mistakes, cmap="Oranges", vmax=max(1, mistakes.max()))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = mistakes[row, column] > 0.6 * max(1, mistakes.max())
            look = {"ha": "center", "va": "center", "color": "w" if dark else "k"}
            ax.text(column, row, count, fontsize=10, **look)
    _warn_of_boxes(label_names)
    names = [_short(name) for name in label_names]
    ax.set_xticks(range(size), names, **AS_TEXT)
    ax.set_yticks(range(size), names, **AS_TEXT)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.grid(visible=False)
    return ax


def plot_mistakes(x, y_true, probs, label_names, *, n_shown=16, ncols=4, ax=None):
    """Show the images that a classifier gets wrong, the most confident mistakes first.

    Parameters
    ----------
    x : ndarray of shape (n, height, width) or (n, height, width, 1)
    y_true : ndarray of shape (n,)
        Class indices.
    probs : ndarray of shape (n, classes)
        What the network says.
    label_names : sequence of str
    n_shown : int, default=16
        At most so many; each is titled "true → predicted, probability".
    ncols : int, default=4
    ax : matplotlib Axes, optional
    """
    y_true, y_pred = _validate.class_indices("y_true", y_true, *probs.shape), probs.argmax(axis=1)
    confidence = probs.max(axis=1)
    wrong = np.flatnonzero(y_pred != y_true)
    if not len(wrong):
        ax = ax or plt.subplots(figsize=(6.5, 1))[1]
        ax.text(0.5, 0.5, "no mistakes", ha="center", va="center")
        ax.axis("off")
        return ax
    worst = wrong[np.argsort(-confidence[wrong])][:n_shown]
    room = _room(ncols)
    names = [_short(name, room - len(", 0.00")) for name in label_names]
    titles = [f"{names[y_true[k]]} → {names[y_pred[k]]}, {confidence[k]:.2f}" for k in worst]
    titles = [one if len(one) <= 1.2 * room else one.replace(" → ", " →\n") for one in titles]
    return plot_images(x[worst], titles, ncols=ncols, ax=ax)
