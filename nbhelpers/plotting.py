"""The course's figures: each function draws into ``ax`` (or a new one) and returns it.

The only module that imports matplotlib. Colours are those of Okabe and Ito, which readers with any
common kind of colour vision can tell apart; the order is that of the legend.
"""

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.ticker import MaxNLocator

from nbhelpers.errors import ShapeError
from nbhelpers.reporting import mean_spread

__all__ = [
    "COLOURS",
    "plot_confusion",
    "plot_curves",
    "plot_images",
    "plot_mistakes",
    "plot_scores",
    "plot_sweep",
]

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
GAP = 0.25  # between two images of a mosaic, as a part of an image's side

plt.rcParams.update(
    {
        "axes.grid": True,
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.constrained_layout.use": True,
        "figure.figsize": (7, 4),
        "figure.dpi": 150,
        "font.size": 11,
        "grid.alpha": 0.3,
        "image.cmap": "gray",
        "legend.frameon": False,
    }
)


def plot_curves(groups, metric="test_accuracy", *, against="epoch", ax=None):
    """Plot a metric over training: a line for the mean over seeds, a band from lowest to highest.

    Parameters
    ----------
    groups : dict of str to list of Run
        Legend label to the runs of one network.
    metric : str
        A key of ``Run.history``.
    against : {"epoch", "seconds"}
        ``"seconds"`` uses the mean training time over the seeds.
    ax : matplotlib Axes, optional
    """
    ax = ax or plt.subplots()[1]
    for label, runs in groups.items():
        values = np.array([run.history[metric] for run in runs])  # (seeds, epochs)
        if against == "seconds":
            x = np.mean([run.epoch_seconds for run in runs], axis=0)
        else:
            x = np.arange(1, values.shape[1] + 1)
        marker = "o" if len(x) <= 10 else None
        (line,) = ax.plot(x, values.mean(axis=0), marker=marker, markersize=4, label=label)
        ax.fill_between(
            x, values.min(axis=0), values.max(axis=0), color=line.get_color(), alpha=0.2, lw=0
        )
    if against == "epoch":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("training time (s)" if against == "seconds" else "epoch")
    ax.set_ylabel(metric.replace("_", " "))
    ax.legend()
    return ax


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
    ax = ax or plt.subplots(figsize=(7, 0.5 * len(groups) + 1.2))[1]
    for row, runs in enumerate(groups.values()):
        values = [100 * run.final(metric) for run in runs]
        ax.plot(values, [row] * len(values), "o", color=COLOURS[0], alpha=0.6)
        ax.plot(np.mean(values), row, "|", color=COLOURS[1], markersize=18, markeredgewidth=2.5)
    if reference is not None:
        ax.axvline(100 * reference.accuracy, color=COLOURS[-1], ls="--", lw=1)
        ax.annotate(
            reference.source,
            (100 * reference.accuracy, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=9,
        )
    ax.set_yticks(range(len(groups)), list(groups))
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.set_xlabel(f"{metric.replace('_', ' ')} (%)")
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
    ax.set_ylabel(f"{metric.replace('_', ' ')} (%)")
    return ax


def plot_images(images, titles=None, *, ncols=8, ax=None, vmin=None, vmax=None):
    """Show images side by side on one axis, each on a common scale of grey.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, 1)
    titles : sequence of str, optional
        One above each image.
    ncols : int, default=8
        Images a row.
    ax : matplotlib Axes, optional
    vmin, vmax : float, optional
        Values shown as black and as white; by default the smallest and the largest.
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not len(images):
        msg = f"images has shape {images.shape}; expected (n, height, width), n at least 1."
        raise ShapeError(msg)
    n, height, width = images.shape
    ncols = min(ncols, n)
    nrows = -(-n // ncols)
    step = (height * (1 + GAP), width * (1 + GAP))
    ax = ax or plt.subplots(figsize=(ncols * 0.95, nrows * 0.95 * step[0] / step[1]))[1]
    limits = (images.min() if vmin is None else vmin, images.max() if vmax is None else vmax)
    for k, image in enumerate(images):
        top, left = (k // ncols) * step[0], (k % ncols) * step[1]
        extent = (left, left + width, top + height, top)
        ax.imshow(image, extent=extent, vmin=limits[0], vmax=limits[1])
        if titles is not None:
            ax.text(left + width / 2, top, titles[k], ha="center", va="bottom", fontsize=8)
    ax.set_xlim(0, ncols * step[1] - GAP * width)
    ax.set_ylim(nrows * step[0] - GAP * height, -GAP * height if titles is not None else 0)
    ax.axis("off")
    return ax


def plot_confusion(y_true, y_pred, label_names, *, ax=None):
    """Show the confusion matrix; colour marks the mistakes only, numbers count every pair.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n,)
        Class indices.
    label_names : sequence of str
    ax : matplotlib Axes, optional
    """
    size = len(label_names)
    ax = ax or plt.subplots(figsize=(6, 5.6))[1]
    counts = np.zeros((size, size), dtype=int)
    np.add.at(counts, (y_true, y_pred), 1)
    mistakes = np.where(np.eye(size, dtype=bool), 0, counts)
    ax.imshow(mistakes, cmap="Oranges", vmax=max(1, mistakes.max()))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = mistakes[row, column] > 0.6 * max(1, mistakes.max())
            ax.text(
                column, row, count, ha="center", va="center", fontsize=8, color="w" if dark else "k"
            )
    ax.set_xticks(range(size), label_names)
    ax.set_yticks(range(size), label_names)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.grid(visible=False)
    return ax


def plot_mistakes(x, y_true, probs, label_names, *, n_shown=16, ncols=8, ax=None):
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
    ncols : int, default=8
    ax : matplotlib Axes, optional
    """
    y_pred = probs.argmax(axis=1)
    confidence = probs.max(axis=1)
    wrong = np.flatnonzero(y_pred != y_true)
    if not len(wrong):
        ax = ax or plt.subplots(figsize=(4, 1))[1]
        ax.text(0.5, 0.5, "no mistakes", ha="center", va="center")
        ax.axis("off")
        return ax
    worst = wrong[np.argsort(-confidence[wrong])][:n_shown]
    titles = [
        f"{label_names[y_true[k]]} → {label_names[y_pred[k]]}, {confidence[k]:.2f}" for k in worst
    ]
    return plot_images(x[worst], titles, ncols=ncols, ax=ax)
