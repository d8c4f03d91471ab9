"""The networks that are timed, described once and built by three libraries.

Each description is a row of layers in words; a table a library says what it calls them. All get
the same batches, loss and optimizer, and start from their own first weights: how long a step takes
does not depend on them.
"""

from typing import NamedTuple


class Network(NamedTuple):
    """What every library is asked to train."""

    layers: tuple
    loss: str = "categorical_crossentropy"
    optimizer: str = "Adam"
    batch_size: int = 128


def conv(filters, size):
    """Return a convolution of square kernels followed by ReLU."""
    return ("conv", filters, size), ("relu",)


def dense(units):
    """Return a dense layer followed by ReLU."""
    return ("dense", units), ("relu",)


NETWORKS = {
    "LeNet-5": Network(
        (
            *(*conv(6, 5), ("average", 2), *conv(16, 5), ("average", 2), ("flatten",)),
            *(*dense(120), *dense(84), ("dense", 10)),
        )
    ),
    "E2, dense": Network(
        (("flatten",), *dense(256), *dense(256), *dense(256), ("dense", 10), ("softmax",)),
        loss="mean_squared_error",
        optimizer="SGD",
        batch_size=2048,
    ),
    "E6, one kernel": Network((*conv(1, 3), ("max", 2), ("flatten",), ("dense", 10))),
    # 17,274 parameters in the chapter, where Keras leaves out the biases before the normalisations.
    # Our layers have them, and so all get these 80 more.
    "E6, compact": Network(
        (
            *(("conv", 16, 5, 2), ("normalise",), ("relu",)),
            *(("conv", 32, 3), ("max", 2), ("normalise",), ("relu",)),
            *(("conv", 32, 3), ("normalise",), ("relu",), ("flatten",), ("dense", 10)),
        ),
        batch_size=256,
    ),
}
RATES = {"Adam": 0.001, "SGD": 0.05}


def ours(network):
    """Return our network and its optimizer."""
    from nbhelpers import nn

    names = {
        "conv": nn.Conv2D,
        "dense": nn.Dense,
        "average": nn.AveragePooling2D,
        "max": nn.MaxPooling2D,
        "flatten": nn.Flatten,
        "normalise": nn.BatchNormalization,
        "relu": lambda: nn.Activation("relu"),
        "softmax": lambda: nn.Activation("softmax"),
    }
    model = nn.Sequential(_layers(network, names), (28, 28, 1))
    return model, getattr(nn, network.optimizer)(RATES[network.optimizer])


def in_keras(network):
    """Return Keras' network, not yet compiled."""
    import keras
    from keras import layers

    names = {
        "conv": layers.Conv2D,
        "dense": layers.Dense,
        "average": layers.AveragePooling2D,
        "max": layers.MaxPooling2D,
        "flatten": layers.Flatten,
        "normalise": layers.BatchNormalization,
        "relu": layers.ReLU,
        "softmax": layers.Softmax,
    }
    return keras.Sequential([keras.Input((28, 28, 1)), *_layers(network, names)])


def in_torch(network):
    """Return PyTorch's network, whose layers find out their inputs' sizes with the first batch."""
    from torch import nn

    names = {
        "conv": nn.LazyConv2d,
        "dense": nn.LazyLinear,
        "average": nn.AvgPool2d,
        "max": nn.MaxPool2d,
        "flatten": nn.Flatten,
        "normalise": nn.LazyBatchNorm2d,
        "relu": nn.ReLU,
        "softmax": lambda: nn.Softmax(dim=1),
    }
    return nn.Sequential(*_layers(network, names))


def _layers(network, names):
    """Return the layers by the names of one library."""
    return [names[kind](*sizes) for kind, *sizes in network.layers]
