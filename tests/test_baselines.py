"""The baselines learn what they should, and say what they cannot work with."""

import numpy as np
import pytest

from nbhelpers.baselines import face_baselines, text_baseline
from nbhelpers.datasets import make_faces, make_reviews
from nbhelpers.errors import ShapeError

NAMES = ["nearest neighbour", "eigenfaces", "fisherfaces", "logistic regression"]


@pytest.fixture(scope="module")
def faces():
    images = make_faces(6, 32, 32, n_pictures=6).images[..., np.newaxis] / 255
    y = np.repeat(np.arange(6), 3)
    return images[:, :3].reshape(18, 32, 32, 1), y, images[:, 3:].reshape(18, 32, 32, 1), y


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_recognises_faces_far_better_than_chance(faces, name):
    x_train, y_train, x_test, y_test = faces
    models = face_baselines(y_train)
    assert list(models) == NAMES
    assert models[name].fit(x_train, y_train).score(x_test, y_test) > 3 / 6


def test_fisherfaces_separate_people_perfectly_on_the_training_pictures(faces):
    x_train, y_train, *_ = faces
    assert face_baselines(y_train)["fisherfaces"].fit(x_train, y_train).score(x_train, y_train) == 1


@pytest.mark.parametrize("name", NAMES)
def test_there_may_be_more_pictures_than_pixels(name):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 4
    x = (rng.normal(size=(200, 3, 3, 1)) + 3 * np.eye(4)[y][:, :3, np.newaxis, np.newaxis]) / 10
    model = face_baselines(y)[name].fit(x[:100], y[:100])
    assert model.score(x[100:], y[100:]) > 0.9


def test_a_fit_leaves_what_was_asked_for(faces):
    model = face_baselines(faces[1])["eigenfaces"]
    asked = model["atmost"].n_components
    model.fit(np.eye(4)[:, :3].reshape(4, 3, 1, 1), [0, 0, 1, 1])
    assert model["atmost"].n_components == asked > 3


@pytest.mark.parametrize("y", [[0, 0, 0], [0, 1, 2]])
def test_one_person_or_one_picture_each_is_refused(y):
    with pytest.raises(ShapeError, match="expected at least two people"):
        face_baselines(np.array(y))


def test_runs_of_words_help_where_negation_turns_the_meaning():
    reviews = make_reviews(1200, shares={"plain": 1, "negation": 1})
    half = slice(600), slice(600, None)
    scores = [
        text_baseline(ngrams=n).fit(reviews.texts[half[0]], reviews.labels[half[0]])
        .score(reviews.texts[half[1]], reviews.labels[half[1]])
        for n in (1, 3)
    ]  # fmt: skip
    assert scores[1] > scores[0]


def test_a_second_fit_gives_the_same_coordinates_whatever_was_drawn_before():
    rng = np.random.default_rng(0)  # so many pixels that scikit-learn draws the components
    x, y = rng.normal(size=(60, 30, 40, 1)), np.arange(60) % 12
    fits = []
    for _ in range(2):
        eigenfaces = face_baselines(y, n_eigenfaces=3)["eigenfaces"].fit(x, y)
        fits.append(eigenfaces[:-1].transform(x))
    np.testing.assert_array_equal(*fits)


def test_fisherfaces_begin_with_as_many_eigenfaces_as_asked_for(faces):
    x, y = faces[:2]
    for asked, kept in {None: len(y) - len(np.unique(y)), 7: 7}.items():
        model = face_baselines(y, n_before_fisher=asked)["fisherfaces"].fit(x, y)
        assert model[:-1].transform(x[:2]).shape == (2, kept)


@pytest.mark.parametrize(
    ("pictures", "asked", "kept"), [(80, {}, 50), (40, {}, 39), (40, {"n_eigenfaces": 7}, 7)]
)
def test_eigenfaces_are_fifty_at_most_and_fewer_than_pictures(pictures, asked, kept):
    model = face_baselines(np.arange(pictures) % 4, **asked)["eigenfaces"]
    x = np.random.default_rng(0).normal(size=(pictures, 9, 9, 1))
    assert model.fit(x, np.arange(pictures) % 4)[:-1].transform(x[:2]).shape == (2, kept)


def test_words_of_a_single_text_are_left_out_and_frequent_ones_count_less_than_in_proportion():
    texts = ["good film", "bad film film", "good bad odd film film film film"]
    vectors = text_baseline().fit(texts, [0, 1, 0])[:-1]
    assert sorted(vectors[0].vocabulary_) == ["bad", "film", "good"]
    assert "odd" in text_baseline(min_count=1).fit(texts, [0, 1, 0])[0].vocabulary_
    film = vectors.transform(["film good", "film film film film good"]).toarray()
    (once, four) = film[:, vectors[0].vocabulary_["film"]] / film[:, vectors[0].vocabulary_["good"]]
    assert four / once == pytest.approx(1 + np.log(4))
