"""Words out of texts, and the vocabulary that numbers them."""

import numpy as np
import pytest

from nbhelpers.datasets import make_reviews
from nbhelpers.errors import DatasetError, SettingError
from nbhelpers.text import Vocabulary, tokenize

TEXTS = ["The film, the FILM!", "A film.", "Not a good film"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One<br /><br>two<BR/>three", ["one", "two", "three"]),
        ("a<b and b>c", ["a", "b", "and", "b", "c"]),
        ("Don't, 'quoted' rock 'n' roll's", ["don't", "quoted", "rock", "n", "roll's"]),
        ("It\u2019s typeset", ["it's", "typeset"]),
        ("10/10, B-movie no. 2", ["10", "10", "b", "movie", "no", "2"]),
        ("snake_case ***", ["snake", "case"]),
        ("Amélie, ÄRGER und кино", ["amélie", "ärger", "und", "кино"]),
        ("Ame\u0301lie", ["amélie"]),  # an accent of its own
        ("अच्छी हिन्दी फ़िल्म", ["अच्छी", "हिन्दी", "फ़िल्म"]),  # vowel signs belong to words
        ("فِيلْمٌ جَيِّدٌ", ["فِيلْمٌ", "جَيِّدٌ"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("İSTANBUL", ["istanbul"]),
        ("", []),
    ],
)
def test_tokenize(text, words):
    assert tokenize(text) == words


def test_most_frequent_first_and_ties_by_alphabet():
    words = Vocabulary.from_texts(TEXTS, size=100).words
    assert words == ("", "[UNK]", "film", "a", "the", "good", "not")


def test_size_counts_padding_and_unknown():
    assert Vocabulary.from_texts(TEXTS, size=4).words == ("", "[UNK]", "film", "a")


def test_encode_pads_at_the_end_and_cuts_after_length():
    vocabulary = Vocabulary.from_texts(TEXTS, size=4)
    rows = vocabulary.encode(["a bad film", "...", "film film film film film"], length=4)
    assert rows.dtype == np.int32
    np.testing.assert_array_equal(rows, [[3, 1, 2, 0], [0, 0, 0, 0], [2, 2, 2, 2]])


def test_runs_of_words_come_after_the_words():
    vocabulary = Vocabulary.from_texts(["not good", "not good", "good not"], size=9, ngrams=2)
    assert vocabulary.words == ("", "[UNK]", "good", "not", "not good", "good not")
    np.testing.assert_array_equal(vocabulary.encode(["good not good"], length=6)[0],
                                  [2, 3, 2, 5, 4, 0])  # fmt: skip


def test_a_smaller_vocabulary_is_the_beginning_of_a_larger_one():
    texts = make_reviews(40).texts
    large, small = (Vocabulary.from_texts(texts, size=size) for size in (80, 30))
    assert large.words[:30] == small.words
    rows = large.encode(texts, length=20)
    np.testing.assert_array_equal(np.where(rows < 30, rows, 1), small.encode(texts, length=20))


@pytest.mark.parametrize("ngrams", [1, 2, 3])
def test_counts_agree_with_scikit_learn(ngrams):
    from sklearn.feature_extraction.text import CountVectorizer

    texts = [*make_reviews(60).texts, "..."]
    vocabulary = Vocabulary.from_texts(texts, size=200, ngrams=ngrams)
    theirs = CountVectorizer(
        tokenizer=tokenize, token_pattern=None, ngram_range=(1, ngrams),
        vocabulary=vocabulary.words[2:], lowercase=False,
    ).transform(texts)  # fmt: skip
    counts = vocabulary.counts(texts)
    assert counts.shape == (61, len(vocabulary))
    np.testing.assert_array_equal(counts.toarray()[:, 2:], theirs.toarray())
    every = [sum(max(0, len(tokenize(text)) - n) for n in range(ngrams)) for text in texts]
    np.testing.assert_array_equal(counts.sum(axis=1), every)  # unknown ones included


def test_words_agree_with_keras():
    import keras

    texts = [text.replace("<br />", " ") for text in make_reviews(60).texts]
    layer = keras.layers.TextVectorization(500)
    layer.adapt(texts)
    assert set(layer.get_vocabulary()) == set(Vocabulary.from_texts(texts, size=500).words)


def test_a_word_named_like_the_unknown_is_no_special_entry():
    vocabulary = Vocabulary.from_texts(["unk [UNK]"], size=9)
    assert vocabulary.words == ("", "[UNK]", "unk")


@pytest.mark.parametrize(
    ("texts", "settings", "error", "says"),
    [
        ([], {"size": 9}, DatasetError, "0 texts"),
        (["...", "!"], {"size": 9}, DatasetError, r"not one word in 2 texts.*'\.\.\.'"),
        ("one text", {"size": 9}, DatasetError, r"Write \[text\]"),
        (["fine", None], {"size": 9}, DatasetError, "None, of type NoneType"),
        (["fine", float("nan")], {"size": 9}, DatasetError, "nan, of type float"),
        (TEXTS, {"size": 2}, SettingError, "size is 2.*from 3"),
        (TEXTS, {"size": 9.5}, SettingError, "size is 9.5"),
        (TEXTS, {"size": 9, "ngrams": 0}, SettingError, "ngrams is 0"),
    ],
)
def test_errors_say_what_was_found(texts, settings, error, says):
    with pytest.raises(error, match=says):
        Vocabulary.from_texts(texts, **settings)


def test_encode_and_counts_refuse_no_texts_and_no_room():
    vocabulary = Vocabulary.from_texts(TEXTS, size=9)
    with pytest.raises(SettingError, match="length is 0"):
        vocabulary.encode(TEXTS, length=0)
    for turn in (vocabulary.counts, lambda texts: vocabulary.encode(texts, length=3)):
        with pytest.raises(DatasetError, match="0 texts"):
            turn([])


def test_a_vocabulary_begins_with_padding_and_unknown():
    with pytest.raises(SettingError, match="nothing twice"):
        Vocabulary(("", "[UNK]", "film", "film"))
    with pytest.raises(SettingError, match=r"starts with \('film',\)"):
        Vocabulary(("film",))
