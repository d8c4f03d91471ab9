"""Which colour, marker and line style stands for which concept, the same on every page.

The colours are Okabe and Ito's [1]_, which readers with any common kind of colour vision can tell
apart. Markers and dashes say the same once more, for print and for those who see no colours.

.. [1] Okabe and Ito (2008), Color Universal Design. https://jfly.uni-koeln.de/color/
"""

from nbhelpers import _validate

__all__ = ["COLOURS", "ink", "style"]

BLUE, VERMILION, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#767676"
COLOURS = [BLUE, VERMILION, GREEN, PINK, ORANGE, SKY, BLACK]

# One family at a time stands in a picture, so a colour may return in another family.
FAMILIES = {
    "loss": {
        "squared error": (BLUE, "o", "-"),
        "cross-entropy": (VERMILION, "s", "--"),
        "absolute error": (GREEN, "^", "-."),
        "Huber": (PINK, "D", ":"),
        "hinge": (ORANGE, "v", "--"),
        "quantile loss": (SKY, "P", "--"),
    },
    "optimiser": {
        "SGD": (BLACK, "o", "-"),
        "momentum": (BLUE, "s", "--"),
        "Nesterov": (SKY, "D", "-."),
        "RMSprop": (GREEN, "v", ":"),
        "Adam": (VERMILION, "^", "-"),
    },
    "activation": {
        "linear": (BLACK, ".", ":"),
        "sigmoid": (BLUE, "o", "-"),
        "tanh": (ORANGE, "s", "--"),
        "relu": (VERMILION, "^", "-"),
        "leaky_relu": (PINK, "v", "-."),
        "elu": (SKY, "D", "-."),
        "gelu": (GREEN, "P", "--"),
        "softplus": (GREY, "X", ":"),
    },
    "network": {
        "dense": (BLUE, "o", "-"),
        "small dense": (SKY, "^", ":"),
        "convolution": (VERMILION, "s", "--"),
        "softmax alone": (PINK, "D", "-."),
        "nearest neighbour": (ORANGE, "v", ":"),
    },
    "role": {"recipe": (GREY, "o", "--"), "improved": (GREEN, "D", "-")},
    "data": {
        "training": (BLUE, "o", "--"),
        "held out": (GREEN, "D", "-."),
        "test": (VERMILION, "s", "-"),
    },
}
STYLES = {name: look for family in FAMILIES.values() for name, look in family.items()}
ON_WHITE = 4.5  # the least contrast of text, WCAG 2.2, criterion 1.4.3


def style(concept, *, marker=True):
    """Return how a concept is drawn, as keyword arguments of ``Axes.plot``.

    Parameters
    ----------
    concept : str
        A name in ``STYLES``, such as ``"cross-entropy"``, ``"Adam"`` or ``"relu"``.
    marker : bool
        Whether the points are marked; a smooth curve of many points is better without.

    Returns
    -------
    dict of str to str
        ``color`` and ``linestyle``, and ``marker`` where it was asked for.

    Raises
    ------
    SettingError
        If no style stands for this concept.

    """
    _validate.choice("concept", concept, STYLES)
    color, shape, dashes = STYLES[concept]
    return {"color": color, "linestyle": dashes} | ({"marker": shape} if marker else {})


def ink(colour):
    """Return a colour darkened as far as text in it is legible on white.

    Parameters
    ----------
    colour : str
        ``"#RRGGBB"``.

    Returns
    -------
    str
        ``"#RRGGBB"``, the colour itself where its contrast with white is 4.5 already.

    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    while 1.05 / (_luminance(parts) + 0.05) < ON_WHITE:
        parts = [0.98 * part for part in parts]
    return "#" + "".join(f"{int(255 * part):02X}" for part in parts)


def _luminance(parts):
    """Return the relative luminance of a colour in sRGB, as WCAG 2.2 defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
