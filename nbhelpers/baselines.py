"""Classifiers that need no network, to stand beside those that do.

They are pipelines of scikit-learn, ready to fit. The chapter on the ORL faces builds eigenfaces and
fisherfaces by hand, the one on IMDB the weights of TF-IDF.
"""

import numpy as np

from nbhelpers.errors import ShapeError

__all__ = ["face_baselines", "text_baseline"]


def face_baselines(y_train, *, n_eigenfaces=50, n_before_fisher=None):
    """Return the classifiers that are usual for small pictures of faces.

    Parameters
    ----------
    y_train : ndarray of shape (n,)
        The people on the training pictures; their number sets the size of fisherfaces.
    n_eigenfaces : int, default=50
        How many eigenfaces to keep, at most.
    n_before_fisher : int, optional
        How many eigenfaces fisherfaces begin with, at most; by default as many as there are
        pictures more than people, which is all that can be kept.

    Returns
    -------
    dict of str to sklearn.pipeline.Pipeline
        ``"nearest neighbour"`` on pixels, ``"eigenfaces"`` (the nearest neighbour by their
        coordinates), ``"fisherfaces"`` (some eigenfaces, then linear discriminants and the
        nearest mean), ``"logistic regression"``. Each takes
        pictures of shape (n, height, width, channels), and keeps no more eigenfaces than a picture
        has pixels.

    Raises
    ------
    ShapeError
        If there are fewer than two people, or no person with two pictures.

    References
    ----------
    Turk and Pentland, "Eigenfaces for recognition", Journal of Cognitive Neuroscience 3 (1991).
    Belhumeur, Hespanha and Kriegman, "Eigenfaces vs. Fisherfaces", IEEE TPAMI 19 (1997).
    """
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    class AtMost(TransformerMixin, BaseEstimator):
        """Keep as many principal components as asked for, or as there are."""

        def __init__(self, n_components):
            self.n_components = n_components

        def fit(self, X, y=None):
            n_components = min(self.n_components, *X.shape)
            self.pca_ = PCA(n_components, random_state=0).fit(X)
            return self

        def transform(self, X):
            return self.pca_.transform(X)

    n, n_people = len(y_train), len(np.unique(y_train))
    if n_people < 2 or n == n_people:
        raise ShapeError(
            f"y_train names {n_people} people on {n} pictures; expected at least two people, and "
            "more pictures than people."
        )
    n_before_fisher = n - n_people if n_before_fisher is None else n_before_fisher
    steps = {
        "nearest neighbour": [KNeighborsClassifier(1)],
        "eigenfaces": [AtMost(min(n_eigenfaces, n - 1)), KNeighborsClassifier(1)],
        "fisherfaces": [AtMost(n_before_fisher), LinearDiscriminantAnalysis()],
        # All components: a rotation, which the penalty does not see, to far fewer numbers.
        "logistic regression": [PCA(random_state=0), LogisticRegression(max_iter=1000)],
    }
    return {
        name: make_pipeline(FunctionTransformer(_flatten), *each) for name, each in steps.items()
    }


def text_baseline(*, ngrams=1, min_count=2):
    """Return TF-IDF and logistic regression, which every network for texts has to beat.

    Parameters
    ----------
    ngrams : int, default=1
        Count single words, and runs of up to this many.
    min_count : int, default=2
        Leave out what stands in fewer texts than this.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Takes a sequence of texts.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, ngrams), min_df=min_count, sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))


def _flatten(x):
    return np.reshape(x, (len(x), -1))
