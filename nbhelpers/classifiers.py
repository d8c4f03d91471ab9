"""Small Keras classifiers of pictures: put together, and asked a few pictures at a time.

The chapter on LeNet-5 writes `lenet5`, the one on one kernel `classifier` for its digits; later
chapters import them.
"""

import numpy as np

from nbhelpers import _validate

__all__ = ["classifier", "lenet5", "outputs", "share_right"]


def classifier(hidden, shape, classes, rate=0.001):
    """Return a builder of hidden layers and a softmax, trained with cross-entropy and Adam.

    Parameters
    ----------
    hidden : callable
        Takes nothing, returns a list of new Keras layers.
    shape : tuple of int
        Height, width and channels of a picture.
    classes : int
    rate : float or keras.optimizers.schedules.LearningRateSchedule, default=0.001
        Adam's learning rate.

    Returns
    -------
    callable
        Takes nothing, returns a compiled ``keras.Sequential``, as `training.fit_seeds` wants it.
    """
    import keras
    from keras import layers

    def build():
        net = keras.Sequential([keras.Input(shape), *hidden()])
        net.add(layers.Flatten())
        net.add(layers.Dense(classes, activation="softmax"))
        adam = keras.optimizers.Adam(rate)
        net.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return net

    return build


def lenet5(activation="relu", size=28):
    """Return LeNet-5 as it is built today, not compiled, with the paper's names for its layers.

    Parameters
    ----------
    activation : str, default="relu"
        Of the convolutions and of the hidden dense layers.
    size : int, default=28
        Height and width of a picture, which has one channel.

    Returns
    -------
    keras.Sequential
        Ends with a softmax over ten classes.
    """
    import keras
    from keras import layers

    return keras.Sequential([
        keras.Input((size, size, 1)),
        layers.Conv2D(6, 5, activation=activation, name="C1"),
        layers.AveragePooling2D(2, name="S2"),
        layers.Conv2D(16, 5, activation=activation, name="C3"),
        layers.AveragePooling2D(2, name="S4"),
        layers.Flatten(name="flat"),
        layers.Dense(120, activation=activation, name="C5"),
        layers.Dense(84, activation=activation, name="F6"),
        layers.Dense(10, activation="softmax", name="output"),
    ])  # fmt: skip


def outputs(net, x, batch_size=50):
    """Return what a network puts out, asked about a few pictures at a time to spare memory.

    Parameters
    ----------
    net : keras.Model
    x : ndarray of shape (n, height, width, channels)
    batch_size : int, default=50

    Returns
    -------
    ndarray of shape (n, ...)
        One probability a class where the model is a whole classifier, features where it is cut.
    """
    starts = range(0, len(x), batch_size)
    return np.concatenate(
        [net(x[start : start + batch_size], training=False).numpy() for start in starts]
    )


def share_right(net, x, y, batch_size=50):
    """Return the share of pictures to whose class a network gives the highest probability.

    Parameters
    ----------
    net : keras.Model
    x : ndarray of shape (n, height, width, channels)
    y : ndarray of shape (n,), (n, 1) or (n, classes)
        Class indices or one-hot rows.
    batch_size : int, default=50

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ShapeError, LabelError
        If there is not one label for each picture, or one names no class of the network.
    """
    probs = outputs(net, x, batch_size)
    return float(np.mean(probs.argmax(axis=1) == _validate.class_indices("y", y, *probs.shape)))
