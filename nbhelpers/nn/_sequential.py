"""A network of layers, one after the other."""

import copy

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import SettingError, WeightsError
from nbhelpers.nn._layers import Layer
from nbhelpers.nn._training import Trainable
from nbhelpers.nn._weights import Saveable


class Sequential(Trainable, Saveable):
    """Layers in a row, each fed by the one before.

    Parameters
    ----------
    layers : list of Layer
        New ones, which get first weights; or some of a network that has learned, such as
        ``trained.layers[:-1]``: copies of these go on with its weights, and it stays as it is.
    input_shape : tuple of int
        Of one example, without the batch axis: (height, width, channels) or (features,).
    seed : int, default=0
        Of the one generator that draws first weights, dropout and the order of the batches.
    dtype : {"float32", "float64"}, default="float32"

    Attributes
    ----------
    layers : list of Layer
    params : dict of str to ndarray
        All parameters that the optimizer changes, by "number.layer.name", such as
        "0.Conv2D.kernel".

    Raises
    ------
    SettingError
        If a layer is none, or in another network that has not learned; if the layers are all of
        another; if ``input_shape`` is no shape.
    ShapeError, WeightsError
        If the layers do not fit each other.

    Examples
    --------
    >>> from nbhelpers.nn import Dense
    >>> model = Sequential([Dense(3, "relu"), Dense(1)], input_shape=(2,))
    >>> model.predict(np.zeros((4, 2))).shape
    (4, 1)
    """

    def __init__(self, layers, input_shape, seed=0, dtype="float32"):
        _validate.choice("dtype", dtype, ("float32", "float64"))
        _check_layers(layers)
        self.layers, self.input_shape, self.dtype = _owned(layers), _shape(input_shape), dtype
        self._rng = np.random.default_rng(seed)
        self._output_shapes = []
        shape = self.input_shape
        for layer in self.layers:
            shape = _build(layer, shape, self._rng, dtype)
            self._output_shapes.append(shape)
        self._home = _Home(len(self.layers))
        for layer in self.layers:
            layer._home = self._home

    @property
    def params(self):
        """Parameters of all layers by "number.layer.name"; the arrays themselves, not copies."""
        return self._gather("params")

    @property
    def grads(self):
        """Their gradients after the last backward pass, under the same names."""
        return self._gather("grads")

    def count_params(self):
        """Return the number of parameters that the optimizer changes.

        Returns
        -------
        int
        """
        return sum(param.size for param in self.params.values())

    def forward(self, x, training=False):
        """Send a batch through all layers.

        Parameters
        ----------
        x : ndarray of shape (batch, *input_shape)
        training : bool, default=False
            Whether `backward` follows.

        Returns
        -------
        ndarray of shape (batch, ...)
            What the last layer returns.
        """
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dout):
        """Send the loss's gradient back through all layers, filling their ``grads``.

        Parameters
        ----------
        dout : ndarray
            Gradient of the loss with respect to the last layer's output.
        """
        self._home.learned = True
        # Below the first layer with parameters nobody needs a gradient: a network that begins with
        # Flatten spares its first dense layer the largest of all products.
        first = next((at for at, layer in enumerate(self.layers) if layer.params), 0)
        for layer in reversed(self.layers[first + 1 :]):
            dout = layer.backward(dout)
        self.layers[first].backward(dout, input_gradient=False)

    def summary(self):
        """Return a table of layers, output shapes and parameter counts, to be printed.

        Returns
        -------
        str
        """
        rows = [
            (type(layer).__name__, str(shape), f"{sum(p.size for p in layer.params.values()):,}")
            for layer, shape in zip(self.layers, self._output_shapes, strict=True)
        ]
        rows = [
            ("layer", "output shape", "parameters"),
            *rows,
            ("", "", f"{self.count_params():,}"),
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {count:>{widths[2]}}"
            for name, shape, count in rows
        )

    def _gather(self, kind):
        """Return one of the layers' dicts for all layers, by "number.layer.name"."""
        return {
            f"{number}.{type(layer).__name__}.{name}": array
            for number, layer in enumerate(self.layers)
            for name, array in getattr(layer, kind).items()
        }


def _shape(sizes):
    """Return the shape of one example as a tuple of int, or raise if it is none."""
    if not np.iterable(sizes) or isinstance(sizes, str):
        raise SettingError(
            f"input_shape is {sizes!r}; expected a tuple, such as (784,) or (28, 28, 1), without "
            "the batch axis."
        )
    return tuple(
        _validate.whole(f"input_shape[{axis}]", size, why="the batch axis is left out")
        for axis, size in enumerate(sizes)
    )


def _check_layers(layers):
    """Raise unless there are layers, and each is an object of its own."""
    if not layers:
        raise SettingError("layers is empty; expected at least one layer.")
    for number, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise SettingError(
                f"layers[{number}] is {layer!r}; expected a layer of nbhelpers.nn that has been "
                "made, such as nn.Flatten(). Those of another network are *net.layers."
            )
    if len(set(map(id, layers))) < len(layers):
        raise SettingError("layers holds one layer twice; expected a new object for each.")


class _Home:
    """What layers know of their network: how many they are, and whether it has learned."""

    def __init__(self, size):
        self.size, self.learned = size, False


def _owned(layers):
    """Return new layers as they are, and copies of those of a network that has learned."""
    homes = [getattr(layer, "_home", None) for layer in layers]
    for number, (layer, home) in enumerate(zip(layers, homes, strict=True)):
        if home and not home.learned:
            raise SettingError(
                f"layers[{number}], {type(layer).__name__}, is in another network already, and has "
                "learned nothing there; expected a new object for each network."
            )
    if homes[0] and homes.count(homes[0]) == homes[0].size == len(homes):
        raise SettingError(
            "layers are all the layers of another network; expected new ones, or some of them. "
            "To go on with that network use it itself, or copy.deepcopy of it."
        )
    return [copy.deepcopy(one) if home else one for one, home in zip(layers, homes, strict=True)]


def _build(layer, shape, rng, dtype):
    """Build a layer, which keeps what it has learned; return the shape of one output."""
    learned = (layer.params, layer.state) if getattr(layer, "_home", None) else ({}, {})
    out_shape = layer.build(shape, rng, dtype)
    for new, old in zip((layer.params, layer.state), learned, strict=True):
        for name, array in old.items():
            if new[name].shape != array.shape:
                raise WeightsError(
                    f"the {name} that {type(layer).__name__} has learned has shape {array.shape}; "
                    f"expected {new[name].shape}, as its inputs have shape {tuple(shape)} here."
                )
            new[name][...] = array
    return out_shape
