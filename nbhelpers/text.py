"""Texts as numbers: words out of a text, and a vocabulary that numbers them.

The chapter on IMDB builds both in a few lines; this is what it has built, with errors that help.
"""

import re
import unicodedata
from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import DatasetError, SettingError

__all__ = ["PADDING", "UNKNOWN", "Vocabulary", "tokenize"]

PADDING, UNKNOWN = 0, 1  # the first two indices of every vocabulary
SPECIAL = ("", "[UNK]")  # their names, which no text can hold as a word; as in Keras
LINE_BREAK = re.compile(r"<br\s*/?>")
# Vowel signs and accents of their own, as in Hindi or Arabic, which `re` counts as no letters, and
# the joiners between letters; those up to U+1FFFF are all that words are written with.
MARKS = "".join(c for c in map(chr, range(0x300, 0x20000)) if unicodedata.category(c)[0] == "M")
LETTERS = rf"(?:[^\W_]++[{MARKS}\u200c\u200d]*+)++"  # letters and digits, each with its marks
WORD = re.compile(rf"{LETTERS}(?:'{LETTERS})*+")  # apostrophes inside only


def tokenize(text):
    """Take a text apart into its words, in lower case.

    Letters of any alphabet and digits make words ("10" is one: film reviews give marks), an
    apostrophe inside a word belongs to it ("don't"), and everything else separates words. HTML line
    breaks count as spaces. A language that is written without spaces needs more than this.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str

    Raises
    ------
    DatasetError
        If ``text`` is no str.

    Examples
    --------
    >>> tokenize("Don't go!<br />It's 'only' a so-so B-movie: 3/10.")
    ["don't", 'go', "it's", 'only', 'a', 'so', 'so', 'b', 'movie', '3', '10']
    """
    if not isinstance(text, str):
        raise DatasetError(
            f"A text is {text!r}, of type {type(text).__name__}; expected a str. Leave out or fill "
            "in what is missing before."
        )
    plain = unicodedata.normalize("NFC", text).replace(
        "\u0130", "i"
    )  # Turkish; its lower case is two
    plain = plain.lower().replace("\u2019", "'")
    return WORD.findall(LINE_BREAK.sub(" ", plain))


@dataclass(frozen=True)
class Vocabulary:
    """Words and their numbers, the most frequent first.

    Attributes
    ----------
    words : tuple of str
        By index. Index 0 stands for padding, 1 for every unknown word; so the first word has 2.
        A run of several words is one entry, joined by spaces.
    ngrams : int
        Single words, and runs of up to this many.
    index : dict of str to int
        The way back: what index a word has.

    Examples
    --------
    >>> vocabulary = Vocabulary.from_texts(["good, good film", "bad film"], size=4)
    >>> vocabulary.words
    ('', '[UNK]', 'film', 'good')
    >>> vocabulary.encode(["A good film", "bad"], length=4)
    array([[1, 3, 2, 0],
           [1, 0, 0, 0]], dtype=int32)
    """

    words: tuple[str, ...]
    ngrams: int = 1
    index: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        if self.words[:2] != SPECIAL or len(set(self.words)) != len(self.words):
            raise SettingError(
                f"words starts with {self.words[:3]} and has {len(set(self.words)):,} different "
                f"entries of {len(self.words):,}; expected {SPECIAL} first and nothing twice. "
                "Vocabulary.from_texts makes it so."
            )
        words = {word: number for number, word in enumerate(self.words) if number > UNKNOWN}
        object.__setattr__(self, "index", words)

    def __len__(self):
        return len(self.words)

    @classmethod
    def from_texts(cls, texts, *, size, ngrams=1):
        """Count the words of the texts and keep the most frequent; ties are kept by alphabet.

        Parameters
        ----------
        texts : sequence of str
        size : int
            The most entries to have, padding and unknown among them; at least 3.
        ngrams : int, default=1
            Single words, and runs of up to this many.

        Returns
        -------
        Vocabulary
            Of fewer entries than ``size`` if the texts have fewer words.

        Raises
        ------
        DatasetError
            If there is no text, one is no str, or there is no word in any.
        SettingError
            If ``size`` is below 3 or ``ngrams`` below 1.
        """
        _validate.whole(
            "size", size, len(SPECIAL) + 1, why="padding, unknown, and at least one word"
        )
        _validate.whole("ngrams", ngrams, 1, why="1 for single words, 2 for pairs as well")
        count = Counter()
        for text in _checked(texts):
            count.update(_terms(text, ngrams))
        if not count:
            raise DatasetError(
                f"There is not one word in {len(texts):,} texts, the first of which is "
                f"{texts[0][:40]!r}; expected letters or digits. Is it the right column or file?"
            )
        ranked = sorted(count.items(), key=lambda item: (-item[1], item[0]))
        return cls(SPECIAL + tuple(word for word, _ in ranked[: size - len(SPECIAL)]), ngrams)

    def encode(self, texts, *, length):
        """Turn texts into rows of indices, all of one length, for an embedding layer.

        Parameters
        ----------
        texts : sequence of str
        length : int
            What comes later in a text is cut off; a shorter text is filled up with 0 at its end.

        Returns
        -------
        ndarray of shape (n, length), int32
            With ``ngrams`` above 1, first the words in their order, then the pairs, and so on. A
            text without words is a row of 0.

        Raises
        ------
        DatasetError
            If there is no text, or one is no str.
        SettingError
            If ``length`` is below 1.
        """
        _validate.whole("length", length, 1, why="room for at least one word")
        rows = np.full((len(_checked(texts)), length), PADDING, np.int32)
        for row, text in zip(rows, texts, strict=True):
            numbers = self._numbers(text)[:length]
            row[: len(numbers)] = numbers
        return rows

    def counts(self, texts):
        """Count how often each entry stands in each text, whatever the order.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        scipy.sparse.csr_array of shape (n, len(vocabulary)), float32
            Column 1 counts the unknown words; column 0 is empty.

        Raises
        ------
        DatasetError
            If there is no text, or one is no str.
        """
        from scipy.sparse import csr_array

        columns, values, starts = array("i"), array("f"), array("i", [0])  # lean: 4 bytes each
        for text in _checked(texts):
            entries = Counter(self._numbers(text))
            numbers = sorted(entries)
            columns.extend(numbers)
            values.extend(map(entries.get, numbers))
            starts.append(len(columns))
        parts = [np.array(part) for part in (values, columns, starts)]
        return csr_array(tuple(parts), shape=(len(texts), len(self)))

    def _numbers(self, text):
        return [self.index.get(term, UNKNOWN) for term in _terms(text, self.ngrams)]


def _terms(text, ngrams):
    """Return the words of a text, then its pairs, then its runs of three, and so on."""
    words = tokenize(text)
    terms = list(words)
    for n in range(2, ngrams + 1):
        terms += map(" ".join, zip(*(words[start:] for start in range(n)), strict=False))
    return terms


def _checked(texts):
    if isinstance(texts, str):
        raise DatasetError(
            f"texts is one str, {texts[:40]!r}; expected a sequence of them. Write [text]."
        )
    if not len(texts):
        raise DatasetError("There are 0 texts; expected at least one. Is the file or table empty?")
    return texts
