"""Text that comes from data, made safe for a sentence in Markdown."""

import re

# What can mean something in Markdown, MyST, HTML or a formula. Left alone, so that most names stay
# readable in the source: a comma, an apostrophe, and a full stop or hyphen inside a word.
SIGNS = re.compile(r"[^\w\s,;'.-]|_|(?<!\w)[.-]|[.-](?!\w)")


def plain(text):
    """Return Markdown that shows a text from data as it is written, and is nothing but text.

    Names, labels, file names and texts belong in here before they stand in a sentence: in a review,
    ``$20 … $3`` would be a formula, ``[x](y)`` a link, ``<script>`` a script.

    Parameters
    ----------
    text : object
        Shown as ``str(text)``; spaces and line breaks become single spaces.

    Returns
    -------
    str

    Examples
    --------
    >>> plain("Anna-Maria")
    'Anna-Maria'
    >>> plain("[x](y)")
    '&#91;x&#93;&#40;y&#41;'
    """
    return SIGNS.sub(_entity, " ".join(str(text).split()))


def _entity(sign):
    entity = f"&#{ord(sign[0])};"
    # Jupyter looks for formulas after Markdown is done, but never across the border of an element.
    return f"<span>{entity}</span>" if sign[0] == "$" else entity
