"""Whatever a reader may write, as plain values that can be compared and named in a few words."""

LARGEST = 10_000  # numbers; no answer is longer, and a data set would fill the memory
DEEPEST = 8  # lists within lists; one that holds itself has no bottom


class Unknown:
    """Something that is no number, truth value, text or list of these."""

    def __init__(self, value):
        self.name = "a function" if callable(value) else f"something of type {type(value).__name__}"

    def __repr__(self):
        return self.name


def plain(value, depth=DEEPEST):
    """Return a value as Python's own numbers, truth values, texts and lists, or as `Unknown`.

    Arrays, tensors and tables become lists, and SymPy's numbers become floats.
    """
    try:
        return _plain(value, depth) if depth else Unknown(value)
    except Exception:  # an object of a reader's may raise anything when it is looked at
        return Unknown(value)


def _plain(value, depth):
    if value is None or value is ... or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and abs(value) < 2**1000:  # larger ones are no float
        return int(value)
    if isinstance(value, list | tuple | range) and len(value) <= LARGEST:
        return [plain(entry, depth - 1) for entry in value]
    if hasattr(value, "tolist") and getattr(value, "size", 0) > LARGEST:
        return Unknown(value)
    for turned in ("numpy", "to_numpy", "tolist"):  # TensorFlow, pandas, NumPy and SymPy's matrices
        if hasattr(value, turned):
            return plain(getattr(value, turned)(), depth)
    return value.__float__()  # fractions and SymPy's numbers, but not b"28" as `float` would


def kind(value):
    """Return a plain value's kind: bool, number, NaN, text, list, nothing or unknown."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "NaN" if value != value else "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "list"
    return "unknown" if isinstance(value, Unknown) else "nothing"


def kinds(value):
    """Return the kinds in a plain value, each with the depth at which it stands."""
    if kind(value) != "list":
        return {(0, kind(value))}
    return {(depth + 1, of) for entry in value for depth, of in kinds(entry)} or {(1, "none")}


def equal(found, expected, *, within=None, any_order=False):
    """Return whether a plain value is what is expected; see `Exercise` for the rules."""
    if kind(found) != kind(expected):
        return False
    if isinstance(expected, list):
        return len(found) == len(expected) and _all_equal(found, expected, within, any_order)
    if isinstance(expected, bool):
        return found == expected
    if isinstance(expected, str):
        return _normal(found) == _normal(expected)
    if isinstance(found, int) and isinstance(expected, int) and within is None:
        return found == expected
    if within is None:
        # No wider than floating-point arithmetic needs, where a whole number is asked for.
        within = max(1e-9, (1e-9 if isinstance(expected, int) else 1e-3) * abs(expected))
    return abs(found - expected) <= within * (1 + 1e-9)


def _all_equal(found, expected, within, any_order):
    left = list(found)
    for one in expected:
        places = range(len(left)) if any_order else range(1)
        at = next((k for k in places if equal(left[k], one, within=within)), None)
        if at is None:
            return False
        del left[at]
    return True


def _normal(text):
    return text.strip().removesuffix(".").rstrip().casefold()


def shown(value):
    """Return in a few words what kind of thing a plain value is."""
    if kind(value) == "text":
        return f"the text {written(value)}"
    return _shown_list(value) if kind(value) == "list" else written(value)


def _shown_list(value):
    if not value:
        return "an empty list"
    names = {"bool": "truth values", "text": "texts", "number": "numbers", "list": "lists"}
    found = sorted({names.get(kind(entry), kind(entry)) for entry in value})
    uneven = len({len(entry) for entry in value if kind(entry) == "list"}) > 1
    return f"a list of {' beside '.join(found)}" + " of different lengths" * uneven


def written(value):
    """Return a plain value as a reader would write it, or in words where that is long."""
    if isinstance(value, Unknown):
        return value.name
    if value is ... or kind(value) == "NaN":
        return "the dots alone" if value is ... else "NaN"
    return text if len(text := repr(value)) <= 60 else f"{text[:50]} ..."
