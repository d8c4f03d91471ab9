"""Bad input is refused with what was found and what was expected, never broadcast."""

import re

import numpy as np
import pytest

from nbhelpers import nn
from nbhelpers.errors import (
    DtypeError,
    GradientError,
    LabelError,
    NaNError,
    SettingError,
    ShapeError,
)

X = np.ones((2, 5, 4, 3))
KERNEL, BIAS = np.ones((3, 3, 3, 2)), np.ones(2)
ROWS = np.ones((2, 3))
NAN = np.where(np.arange(6).reshape(2, 3) == 4, np.nan, 1.0)

CASES = {
    "conv2d rank": (
        lambda: nn.conv2d_forward(X[0], KERNEL, BIAS),
        ShapeError,
        "x has shape (5, 4, 3); expected 4 axes (batch, height, width, channels).",
    ),
    "conv2d channels": (
        lambda: nn.conv2d_forward(X[..., :1], KERNEL, BIAS),
        ShapeError,
        "x has shape (2, 5, 4, 1); expected (2, 5, 4, 3), as kernel has shape (3, 3, 3, 2).",
    ),
    "conv2d bias": (
        lambda: nn.conv2d_forward(X, KERNEL, np.ones(1)),
        ShapeError,
        "bias has shape (1,); expected (2,), one number a filter.",
    ),
    "conv2d kernel too large": (
        lambda: nn.conv2d_forward(X[:, :2], KERNEL, BIAS),
        ShapeError,
        "kernel_size is (3, 3), larger than the images of (2, 4)",
    ),
    "conv2d dout": (
        lambda: nn.conv2d_backward(X, nn.conv2d_forward(X, KERNEL, BIAS)[1]),
        ShapeError,
        "dout has shape (2, 5, 4, 3); expected (2, 3, 2, 2)",
    ),
    "padding": (
        lambda: nn.conv2d_forward(X, KERNEL, BIAS, padding="full"),
        SettingError,
        "padding is 'full'; expected one of 'valid', 'same'.",
    ),
    "strides": (
        lambda: nn.conv2d_forward(X, KERNEL, BIAS, strides=0),
        SettingError,
        "strides is 0; expected a whole number from 1.",
    ),
    "three strides": (
        lambda: nn.conv2d_forward(X, KERNEL, BIAS, strides=(1, 1, 1)),
        SettingError,
        "strides is (1, 1, 1); expected one whole number or two.",
    ),
    "window too large": (
        lambda: nn.max_pool2d_forward(X, 5),
        ShapeError,
        "pool_size is (5, 5), larger than the images of (5, 4)",
    ),
    "max pool dout": (
        lambda: nn.max_pool2d_backward(X, nn.max_pool2d_forward(X)[1]),
        ShapeError,
        "dout has shape (2, 5, 4, 3); expected (2, 2, 2, 3)",
    ),
    "average pool dout": (
        lambda: nn.average_pool2d_backward(X[:, :1, :1], nn.average_pool2d_forward(X)[1]),
        ShapeError,
        "dout has shape (2, 1, 1, 3); expected (2, 2, 2, 3)",
    ),
    "dense rank": (
        lambda: nn.dense_forward(np.ones(3), np.ones((3, 1)), np.ones(1)),
        ShapeError,
        "x has shape (3,); expected 2 axes (batch, inputs).",
    ),
    "dense inputs": (
        lambda: nn.dense_forward(ROWS, np.ones((2, 1)), np.ones(1)),
        ShapeError,
        "x has shape (2, 3); expected (2, 2), as kernel has shape (2, 1).",
    ),
    "dense dout": (
        lambda: nn.dense_backward(
            np.ones((2, 1)), nn.dense_forward(ROWS, np.ones((3, 2)), np.ones(2))[1]
        ),
        ShapeError,
        "dout has shape (2, 1); expected (2, 2)",
    ),
    "integers": (
        lambda: nn.dense_forward(np.ones((2, 3), int), np.ones((3, 1)), np.ones(1)),
        DtypeError,
        "x of shape (2, 3) holds int64; expected float32 or float64.",
    ),
    "a list": (lambda: nn.relu_forward([1.0]), DtypeError, "z is a list; expected an ndarray"),
    "NaN": (
        lambda: nn.dense_forward(NAN, np.ones((3, 1)), np.ones(1)),
        NaNError,
        "x of shape (2, 3) holds NaN, first at (1, 1); expected numbers only.",
    ),
    "NaN in images": (
        lambda: nn.average_pool2d_forward(X * np.nan),
        NaNError,
        "x of shape (2, 5, 4, 3) holds NaN, first at (0, 0, 0, 0)",
    ),
    "empty batch": (
        lambda: nn.conv2d_forward(X[:0], KERNEL, BIAS),
        ShapeError,
        "x has shape (0, 5, 4, 3); expected at least one element along every axis.",
    ),
    "single number": (
        lambda: nn.tanh_forward(np.array(1.0)),
        ShapeError,
        "z is a single number; expected an array (batch, ...).",
    ),
    "activation dout": (
        lambda: nn.relu_backward(np.ones((2, 1)), nn.relu_forward(ROWS)[1]),
        ShapeError,
        "dout has shape (2, 1); expected (2, 3)",
    ),
    "prelu": (
        lambda: nn.prelu_forward(ROWS, np.ones((1, 3))),
        ShapeError,
        "alpha has shape (1, 3); expected (3,)",
    ),
    "batch norm": (
        lambda: nn.batch_norm_forward(ROWS, np.ones(1), np.ones(3)),
        ShapeError,
        "gamma has shape (1,); expected (3,), one number a channel.",
    ),
    "batch norm rank": (
        lambda: nn.batch_norm_forward(np.ones(3), np.ones(3), np.ones(3)),
        ShapeError,
        "x has shape (3,); expected (batch, ..., channels).",
    ),
    "dropout rate": (
        lambda: nn.dropout_forward(ROWS, 1, np.random.default_rng(0)),
        SettingError,
        "rate is 1; expected 0 <= rate < 1.",
    ),
    "targets": (
        lambda: nn.mean_squared_error(ROWS, np.ones((2, 1))),
        ShapeError,
        "y_true has shape (2, 1); expected (2, 3), the shape of y_pred.",
    ),
    "targets with NaN": (
        lambda: nn.mean_squared_error(ROWS, NAN),
        NaNError,
        "y_true of shape (2, 3)",
    ),
    "label too large": (
        lambda: nn.categorical_crossentropy(ROWS, np.array([0, 3])),
        LabelError,
        "y holds class indices from 0 to 3; expected 0 to 2, as logits has shape (2, 3).",
    ),
    "label negative": (
        lambda: nn.categorical_crossentropy(ROWS, np.array([-1, 2])),
        LabelError,
        "y holds class indices from -1 to 2; expected 0 to 2",
    ),
    "labels of floats": (
        lambda: nn.categorical_crossentropy(ROWS, np.array([0.0, 1.0])),
        LabelError,
        "y of shape (2,) holds float64; expected integer class indices.",
    ),
    "labels as a column": (
        lambda: nn.categorical_crossentropy(ROWS, np.array([[0], [1]])),
        ShapeError,
        "y has shape (2, 1); expected (2, 3)",
    ),
    "too few labels": (
        lambda: nn.categorical_crossentropy(ROWS, np.array([0])),
        ShapeError,
        "y has shape (1,); expected (2,) class indices or (2, 3) one-hot rows",
    ),
    "no probabilities": (
        lambda: nn.categorical_crossentropy(ROWS, np.ones((2, 3))),
        LabelError,
        "y of shape (2, 3) has rows that are no probabilities",
    ),
    "no yes or no": (
        lambda: nn.binary_crossentropy(ROWS, 2 * ROWS),
        LabelError,
        "y holds labels from 2 to 2; expected 0 to 1.",
    ),
    "unknown activation": (
        lambda: nn.Dense(3, "rely"),
        SettingError,
        "activation is 'rely'; expected one of 'linear', 'sigmoid'",
    ),
    "unknown initialiser": (
        lambda: nn.Dense(3, kernel_initializer="xavier"),
        SettingError,
        "kernel_initializer is 'xavier'; expected one of 'glorot_uniform'",
    ),
    "units": (lambda: nn.Dense(2.5), SettingError, "units is 2.5; expected a whole number"),
    "shape of an initialiser": (
        lambda: nn.glorot_uniform((3,), np.random.default_rng(0)),
        ShapeError,
        "shape is (3,); expected (inputs, units) or",
    ),
    "dense on images": (
        lambda: nn.Sequential([nn.Dense(3)], (28, 28, 1)),
        ShapeError,
        "Dense got inputs of shape (28, 28, 1); expected (inputs), the batch axis aside.",
    ),
    "image too small for the layer": (
        lambda: nn.Sequential([nn.Conv2D(1, 5)], (4, 4, 1)),
        ShapeError,
        "kernel_size is (5, 5), larger than the images of (4, 4)",
    ),
    "shared axes": (
        lambda: nn.Sequential([nn.PReLU((1, 4))], (4, 4, 1)),
        SettingError,
        "shared_axes is (1, 4); expected numbers from 1 to 3",
    ),
    "no layer": (lambda: nn.Sequential([], (3,)), SettingError, "layers is empty"),
    "a layer twice": (
        lambda: nn.Sequential([nn.Dense(3)] * 2, (3,)),
        SettingError,
        "layers holds one layer twice",
    ),
    "a layer's class": (
        lambda: nn.Sequential([nn.Flatten, nn.Dense(2)], (3,)),
        SettingError,
        "layers[0] is <class 'nbhelpers.nn._layers.Flatten'>; expected a layer of nbhelpers.nn",
    ),
    "a network as a layer": (
        lambda: nn.Sequential([nn.Sequential([nn.Dense(3)], (3,)), nn.Dense(2)], (3,)),
        SettingError,
        "Those of another network are *net.layers.",
    ),
    "a number as a shape": (
        lambda: nn.Sequential([nn.Dense(3)], 784),
        SettingError,
        "input_shape is 784; expected a tuple, such as (784,)",
    ),
    "a batch axis in the shape": (
        lambda: nn.Sequential([nn.Dense(3)], (None, 3)),
        SettingError,
        "input_shape[0] is None; expected a whole number from 1: the batch axis is left out.",
    ),
    "epsilon of Adam": (
        lambda: nn.Adam(epsilon=-1e-7),
        SettingError,
        "epsilon is -1e-07; expected 0 <= epsilon < inf.",
    ),
    "epsilon of batch norm": (
        lambda: nn.BatchNormalization(epsilon=np.nan),
        SettingError,
        "epsilon is nan; expected 0 <= epsilon < inf.",
    ),
    "a function of many values": (
        lambda: nn.numerical_gradient(lambda x: x**2, ROWS),
        ShapeError,
        "f returned an array of shape (2, 3); expected one number, such as the sum",
    ),
    "a gradient at a kink": (
        lambda: nn.check_gradient(lambda x: np.maximum(x, 0).sum(), 0 * ROWS, 0 * ROWS),
        GradientError,
        "at a kink, as that of relu at 0, finite differences give no gradient.",
    ),
    "learning rate": (
        lambda: nn.Adam(learning_rate=-1),
        SettingError,
        "learning_rate is -1; expected 0 <= learning_rate < inf.",
    ),
    "momentum": (lambda: nn.SGD(momentum=1), SettingError, "momentum is 1; expected 0 <= momentum"),
    "gradient": (
        lambda: nn.SGD().update({"kernel": ROWS.copy()}, {"kernel": np.ones(3)}),
        ShapeError,
        "the gradient of kernel has shape (3,); expected (2, 3)",
    ),
    "checked gradient": (
        lambda: nn.check_gradient(np.sum, ROWS, np.ones(3)),
        ShapeError,
        "gradient has shape (3,); expected (2, 3), the shape of x.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_message(name):
    call, error, message = CASES[name]
    with pytest.raises(error, match=re.escape(message)):
        call()


def fit(x=ROWS, y=(0, 1), loss="categorical_crossentropy", activation="linear", **kwargs):
    model = nn.Sequential([nn.Dense(2, activation)], (3,))
    return model.fit(x, np.array(y), loss=loss, **({"optimizer": nn.SGD()} | kwargs))


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"x": np.ones((2, 4))}, ShapeError, "x has shape (2, 4); expected (batch, 3)."),
        ({"x": ROWS.astype(int)}, DtypeError, "x of shape (2, 3) holds int64"),
        ({"x": NAN}, NaNError, "first at (1, 1)"),
        ({"x": np.where(NAN > 0, 1, -np.inf)}, NaNError, "x of shape (2, 3) holds infinity"),
        ({"x": ROWS[:0], "y": []}, ShapeError, "x has shape (0, 3); expected at least one"),
        ({"y": [0]}, ShapeError, "y has shape (1,); expected 2 labels, as x has shape (2, 3)."),
        ({"y": [0, 2]}, LabelError, "y holds class indices from 0 to 2; expected 0 to 1"),
        ({"loss": "mse"}, SettingError, "loss is 'mse'; expected one of 'mean_squared_error'"),
        ({"batch_size": 0}, SettingError, "batch_size is 0; expected a whole number from 1."),
        (
            {"optimizer": "adam"},
            SettingError,
            "optimizer is 'adam'; expected one that has been made",
        ),
        ({"optimizer": nn.Adam}, SettingError, "such as nn.Adam(0.001)."),
        ({"validation": (ROWS,)}, SettingError, "expected two arrays x, y."),
        ({"validation": 0.2}, SettingError, "validation is a float"),
        ({"epochs": 1.5}, SettingError, "epochs is 1.5; expected a whole number from 1."),
        (
            {"activation": "softmax"},
            SettingError,
            "'softmax', and categorical_crossentropy applies",
        ),
    ],
)
def test_fit_refuses(kwargs, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**kwargs)


def test_a_single_step_takes_labels_as_a_list():
    for loss, y in (("categorical_crossentropy", [0, 1]), ("binary_crossentropy", [[0], [1]])):
        model = nn.Sequential([nn.Dense(np.shape(y)[-1])], (3,))
        scores = model.train_on_batch(ROWS, y, loss=loss, optimizer=nn.SGD())
        assert scores["accuracy"] in (0, 0.5)


def test_a_single_step_refuses_an_unknown_loss_too():
    model = nn.Sequential([nn.Dense(3)], input_shape=(2,))
    x, y = np.zeros((4, 2), "float32"), np.zeros(4, int)
    with pytest.raises(SettingError, match="loss is 'mse'; expected one of"):
        model.train_on_batch(x, y, loss="mse", optimizer=nn.SGD())
