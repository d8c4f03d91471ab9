"""The generators: repeatable, and with the phenomena that they promise."""

from dataclasses import replace

import numpy as np
import pytest

from nbhelpers import datasets
from nbhelpers.errors import DatasetError


@pytest.fixture(scope="module")
def faces():
    return datasets.make_faces(60, 40, 40)


def nearest_neighbour(images, trained, tested):
    """Return the accuracy by tested picture; images (people, pictures, height, width)."""
    people = len(images)
    x = images.reshape(*images.shape[:2], -1).astype(np.float32)
    known = x[:, trained].reshape(people * len(trained), -1)
    accuracy = []
    for picture in tested:
        distance = ((x[:, picture, np.newaxis] - known) ** 2).sum(axis=2)
        accuracy.append((distance.argmin(axis=1) // len(trained) == np.arange(people)).mean())
    return accuracy


def test_faces_are_repeatable_and_grow_by_adding(faces):
    again = datasets.make_faces(5, 40, 40)
    assert np.array_equal(again.images, faces.images[:5])
    assert not np.array_equal(datasets.make_faces(5, 40, 40, seed=1).images, again.images)
    assert datasets.make_faces(2, 40, 40, n_pictures=3).images.shape == (2, 3, 40, 40)


def test_no_two_people_or_pictures_are_equal(faces):
    flat = faces.images.reshape(60 * 7, -1)
    assert len(np.unique(flat, axis=0)) == len(flat)


def test_a_nearest_neighbour_knows_lit_faces_and_fails_in_the_dark(faces):
    turned, expression, dark = nearest_neighbour(faces.images, [0, 1, 2, 3], [4, 5, 6])
    assert turned > 0.3
    assert expression > 0.4
    assert dark < 0.2


def test_the_last_picture_is_dark(faces):
    brightness = faces.images.mean((0, 2, 3))
    assert brightness[6] < 0.5 * brightness[:6].min()


def test_one_factor_does_not_undo_the_dark():
    def left_over(condition):
        """Return what the best factor for each person leaves of the frontal picture's spread."""
        series = [datasets.FERET[0], condition]
        x = datasets.make_faces(20, 40, 40, conditions=series, noise=0).images.astype(float)
        frontal, dark = x[:, 0].reshape(20, -1), x[:, 1].reshape(20, -1)
        factor = (frontal * dark).sum(1) / (dark**2).sum(1)
        return np.std(frontal - factor[:, np.newaxis] * dark) / np.std(frontal)

    dimmed = replace(datasets.FERET[0], exposure=0.38)
    assert left_over(datasets.FERET[6]) > 1.2 * left_over(dimmed)


def test_a_common_mean_harms_the_bright_pictures(faces):
    x = faces.images.astype(np.float32)
    relit = x * (x[:, :4].mean() / x.mean((2, 3), keepdims=True))
    mixed = np.concatenate([x[:, :4], relit[:, 4:]], axis=1)  # the album as it is
    for bright in (4, 5):
        (before,) = nearest_neighbour(x, [0, 1, 2, 3], [bright])
        (after,) = nearest_neighbour(mixed, [0, 1, 2, 3], [bright])
        assert after < before - 0.05


def test_crops_are_not_aligned_and_turns_change_more_than_expressions(faces):
    close = [replace(c, chance=1.0) for c in datasets.FERET]
    aligned = datasets.make_faces(60, 40, 40, conditions=close).images
    asked = [1, 2, 3, 4, 5]
    loose, tight = (nearest_neighbour(x, [0], asked) for x in (faces.images, aligned))
    assert np.mean(loose) < np.mean(tight) - 0.05
    assert max(loose[1], loose[3]) < loose[4]  # far left and far right against the expression


def test_what_is_new_in_a_condition_leaves_older_series_as_they_were():
    brightness = datasets.make_faces(3, 40, 32, conditions=datasets.YALE).images.mean((0, 2, 3))
    before = [125.73, 122.31, 132.03, 88.49, 130.48, 131.21, 88.55, 128.86, 128.08, 123.83, 124.3]
    assert brightness == pytest.approx(before, abs=0.02)


def test_faces_stay_as_they_were():
    """What chapters say of drawn faces was seen on these; five people have all that is painted."""
    images = datasets.make_faces(
        5, 40, 32, conditions=datasets.FERET + datasets.YALE, seed=1
    ).images.astype(float)
    quarters = images.reshape(5, 18, 2, 20, 2, 16).mean((1, 3, 5)).reshape(5, 4)
    people = [
        [118.82, 126.94, 121.84, 131.06],
        [105.13, 111.05, 106.24, 114.49],
        [118.53, 123.95, 122.79, 128.34],
        [126.11, 132.63, 131.06, 139.74],
        [118.76, 123.77, 131.92, 137.83],
    ]
    np.testing.assert_allclose(quarters, people, atol=0.02)
    pictures = [
        *(121.73, 117.00, 130.55, 138.26, 133.31, 122.74, 42.54, 135.41, 130.01),
        *(137.10, 88.20, 140.03, 135.29, 96.27, 137.58, 140.17, 139.39, 138.30),
    ]
    np.testing.assert_allclose(images.mean((0, 2, 3)), pictures, atol=0.02)


def test_neighbours_look_alike_as_far_as_asked():
    def distances(resemblance):
        one = [datasets.Condition("x")]
        made = datasets.make_faces(40, 30, 30, conditions=one, resemblance=resemblance, noise=0)
        x = made.images[:, 0].astype(float)
        return np.abs(x[0::2] - x[1::2]).mean()

    strangers, sisters, twins = map(distances, (0.0, 0.8, 1.0))
    assert twins < 0.8 * sisters
    assert sisters < 0.8 * strangers


def test_traits_are_what_is_drawn():
    made = datasets.make_faces(40, 40, 32, conditions=[datasets.Condition("x")], noise=0)
    cheek = made.images[:, 0, 21:25, 13:19].mean((1, 2))
    assert np.corrcoef(made.traits["skin"], cheek)[0, 1] > 0.5
    assert made.traits["glasses"].shape == (40,)


def test_light_comes_from_where_the_condition_says():
    left, right = (
        datasets.Condition("x", light=angle, side_light=0.9, glasses=False) for angle in (-70, 70)
    )
    images = datasets.make_faces(10, 40, 40, conditions=[left, right]).images.astype(int)
    halves = images[..., 12:20].mean((2, 3)) - images[..., 20:28].mean((2, 3))
    assert (halves[:, 0] > 0).all()
    assert (halves[:, 1] < 0).all()


@pytest.mark.parametrize(
    "arguments", [{"n_people": 0}, {"height": 0}, {"conditions": ()}, {"resemblance": 1.5}]
)
def test_impossible_faces_are_refused(arguments):
    with pytest.raises(DatasetError, match="expected"):
        datasets.make_faces(**{"n_people": 2, **arguments})


@pytest.fixture(scope="module")
def reviews():
    return datasets.make_reviews(6000)


def test_reviews_are_repeatable_balanced_and_nearly_all_distinct(reviews):
    again = datasets.make_reviews(6000)
    assert again.texts == reviews.texts
    assert datasets.make_reviews(6000, seed=1).texts != reviews.texts
    assert np.bincount(reviews.labels).tolist() == [3000, 3000]
    assert len(set(reviews.texts)) > 5990
    assert not any("{" in text or "}" in text for text in reviews.texts)


def test_shares_of_the_ways_to_say_it(reviews):
    shares = {tag: reviews.tags.count(tag) / 6000 for tag in set(reviews.tags)}
    assert shares == pytest.approx(
        {"plain": 0.55, "negation": 0.15, "order": 0.15, "sarcasm": 0.07, "rare": 0.08}, abs=0.03
    )


def test_counting_words_learns_the_plain_and_fails_where_order_counts(reviews):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    plain = np.array([tag == "plain" for tag in reviews.tags])
    words = CountVectorizer(binary=True).fit_transform(reviews.texts)
    model = LogisticRegression().fit(words[plain], reviews.labels[plain])
    right = model.predict(words) == reviews.labels
    accuracy = {
        tag: right[[other == tag for other in reviews.tags]].mean() for tag in set(reviews.tags)
    }
    assert accuracy["plain"] > 0.9
    assert 0.4 < accuracy["order"] < 0.6
    assert accuracy["negation"] < 0.2
    assert accuracy["sarcasm"] < 0.2
    assert 0.4 < accuracy["rare"] < 0.6


@pytest.mark.parametrize("arguments", [{"n": 0}, {"shares": {"irony": 1}}, {"shares": {}}])
def test_impossible_reviews_are_refused(arguments):
    with pytest.raises(DatasetError, match="expected"):
        datasets.make_reviews(**{"n": 5, **arguments})
