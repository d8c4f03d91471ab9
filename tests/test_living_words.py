"""Each word's share in what the page's networks answer is what Python computes."""

import functools

import living_nets
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_living_numbers import run_node

from nbhelpers import datasets, text

# What tokenisers stumble over.
STUMBLES = [
    "don't",
    "l\u2019eau",
    "\u0130",
    "\u03a3\u03a3",
    "<br",
    "/>",
    "<BR\x85/>",
    "\ufeff",
    "\x1c",
]
STUMBLES += [
    "\u0301",
    "\u0939\u093f",
    "_",
    "'",
    "\u200d",
    "\U000e0100",
    "\u1e9e",
    "10/10",
    "\u00bd",
    " ",
]
# What this Python's Unicode does not know yet, the newer one of Node may take for letters.
SIGNS = st.characters(exclude_categories=("Cn", "Cs"))


@functools.cache
def drawn_texts():
    """Return texts that hypothesis makes up, the same ones every time."""
    texts, parts = [], st.one_of(st.sampled_from(STUMBLES), st.text(SIGNS, max_size=4))

    @settings(max_examples=400, database=None, derandomize=True, deadline=None)
    @given(st.one_of(st.text(SIGNS, max_size=40), st.lists(parts, max_size=12).map("".join)))
    def keep(made):
        texts.append(made)

    keep()
    return texts


def answers_in_python(name, made, rows):
    """Return the logits of exported arrays as the chapter computes them."""
    contribution, bias = (np.asarray(made[key], float) for key in ("contribution", "bias"))
    total = contribution[rows].sum(axis=1)
    if name == "imdb-words":
        return bias[0] + total / np.maximum((rows > 0).sum(axis=1), 1e-9)
    return bias[0] + total / np.sqrt((np.float64(made["ratio"])[rows] ** 2).sum(axis=1) + 1e-9)


def rows_of_entries(made, texts):
    """Return for each text the places of the words and pairs that it has, each once."""
    pairs = text.Vocabulary(("", "[UNK]", *made["entries"][1:]), ngrams=2)
    rows = np.zeros((len(texts), 1000), int)
    for row, numbers in zip(rows, pairs.encode(texts, length=1000), strict=True):
        entries = np.unique(numbers[numbers > 1]) - 1  # the exported list has no "unknown"
        row[: len(entries)] = entries
    return rows


def test_texts_fall_into_the_same_words_and_get_the_same_answers(tmp_path):
    living_nets.export(tmp_path / "data")
    words, pairs = living_nets.words_and_pairs()
    known = text.Vocabulary(tuple(words["entries"]))
    texts = [*drawn_texts(), *datasets.make_reviews(60, seed=2).texts, "good not good, not zyzzyva"]
    average = answers_in_python("imdb-words", words, known.encode(texts, length=1000))
    total = answers_in_python("imdb-pairs", pairs, rows_of_entries(pairs, texts))
    tokens = [text.tokenize(made) for made in texts]
    unknown = [[word for word in found if word not in known.index] for found in tokens]
    case = {
        "tokens": [{"text": t, "tokens": found} for t, found in zip(texts, tokens, strict=True)]
    }
    keys, columns = ("text", "average", "sum", "unknown"), (texts, average, total, unknown)
    case["answers"] = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    case["scripts"] = [str(tmp_path / f"data/{name}.js") for name in ("imdb-words", "imdb-pairs")]
    assert sum(map(len, tokens)) > 1000
    run_node("words.test.mjs", case, tmp_path)
