"""Layers: the functions of this package with parameters that they remember.

Every layer has ``params``, ``grads`` (what an optimizer changes, and how) and ``state`` (what
training changes otherwise), all dicts of name to array, and four methods: ``build`` makes the
parameters and returns the shape of one output, ``forward`` computes, ``backward`` fills ``grads``
and returns the gradient of the input.
"""

import math

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import OrderError, SettingError, ShapeError
from nbhelpers.nn._activations import ACTIVATIONS, prelu_backward, prelu_forward
from nbhelpers.nn._conv import conv2d_backward, conv2d_forward
from nbhelpers.nn._dense import dense_backward, dense_forward, flatten_backward, flatten_forward
from nbhelpers.nn._initialisers import find_initialiser
from nbhelpers.nn._normalisation import (
    batch_norm_backward,
    batch_norm_forward,
    check_batch_norm,
    dropout_backward,
    dropout_forward,
)
from nbhelpers.nn._pool import (
    average_pool2d_backward,
    average_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from nbhelpers.nn._windows import place_windows


class Layer:
    """What all layers share: they begin without parameters and keep the shape of their input."""

    def __init__(self):
        self.params, self.grads, self.state = {}, {}, {}
        self._cache = None
        self._home = None  # of the network that it is a part of

    def build(self, input_shape, rng, dtype="float32"):
        """Make the parameters.

        Parameters
        ----------
        input_shape : tuple of int
            Of one example, without the batch axis.
        rng : numpy.random.Generator
            For first weights and, later, for dropout.
        dtype : str, default="float32"

        Returns
        -------
        tuple of int
            Shape of one output, without the batch axis.
        """
        return input_shape

    def forward(self, x, training=False):
        """Compute the output.

        Parameters
        ----------
        x : ndarray of shape (batch, ...)
        training : bool, default=False
            Whether `backward` follows; dropout and batch normalisation differ.

        Returns
        -------
        ndarray of shape (batch, ...)
        """
        raise NotImplementedError

    def backward(self, dout, input_gradient=True):
        """Fill ``grads`` and return the gradient of the last `forward` with ``training=True``.

        Parameters
        ----------
        dout : ndarray
            Gradient of the loss with respect to the output.
        input_gradient : bool, default=True
            False allows a layer to return None: nobody needs the gradient of the images.

        Returns
        -------
        ndarray or None
            Gradient of the loss with respect to ``x``.
        """
        raise NotImplementedError

    def _kept(self):
        """Return what the last `forward` kept for `backward`, or raise if that kept nothing."""
        if self._cache is None:
            raise OrderError(
                f"backward of {type(self).__name__} found nothing kept by a forward pass; expected "
                "forward(x, training=True) right before it."
            )
        return self._cache


class Activation(Layer):
    """An activation function as a layer.

    Parameters
    ----------
    activation : str
        ``"linear"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"leaky_relu"``, ``"elu"``,
        ``"softplus"``, ``"gelu"``, ``"silu"`` or ``"softmax"``.
    """

    def __init__(self, activation):
        super().__init__()
        _validate.choice("activation", activation, ACTIVATIONS)
        self.activation = activation  # by name, so that a network can be sent to other processes

    def forward(self, x, training=False):
        """Apply the function; see `Layer.forward`."""
        out, cache = ACTIVATIONS[self.activation].forward(x)
        self._cache = cache if training else None
        return out

    def backward(self, dout, input_gradient=True):
        """Return the gradient of the input; see `Layer.backward`."""
        return ACTIVATIONS[self.activation].backward(dout, self._kept())


class Dense(Layer):
    """A dense layer: ``activation(x @ kernel + bias)``.

    Parameters
    ----------
    units : int
        Outputs.
    activation : str, default="linear"
        See `Activation`.
    kernel_initializer : str or callable, default="glorot_uniform"
        Name of an initialiser, or a function ``(shape, rng, dtype)``. Biases begin at 0.
    """

    def __init__(self, units, activation="linear", kernel_initializer="glorot_uniform"):
        super().__init__()
        self.units = _validate.whole("units", units)
        self.activation = Activation(activation)
        self._initialise = find_initialiser(kernel_initializer)

    def build(self, input_shape, rng, dtype="float32"):
        """Make kernel and bias; see `Layer.build`."""
        (inputs,) = _check_rank(self, input_shape, ("inputs",))
        self.params = {
            "kernel": self._initialise((inputs, self.units), rng, dtype),
            "bias": np.zeros(self.units, dtype),
        }
        return (self.units,)

    def forward(self, x, training=False):
        """Multiply, add, activate; see `Layer.forward`."""
        z, cache = dense_forward(x, **self.params)
        self._cache = cache if training else None
        return self.activation.forward(z, training)

    def backward(self, dout, input_gradient=True):
        """Fill the gradients of kernel and bias; see `Layer.backward`."""
        cache, dz = self._kept(), self.activation.backward(dout)
        dx, dkernel, dbias = dense_backward(dz, cache, input_gradient)
        self.grads = {"kernel": dkernel, "bias": dbias}
        return dx


class Conv2D(Layer):
    """A convolution over images: ``activation(conv2d(x, kernel) + bias)``.

    Parameters
    ----------
    filters : int
        Kernels, each of which makes one channel of the output.
    kernel_size : int or tuple of int
        Height and width of a kernel, in pixels.
    strides : int or tuple of int, default=1
    padding : {"valid", "same"}, default="valid"
    activation : str, default="linear"
        See `Activation`.
    kernel_initializer : str or callable, default="glorot_uniform"
        Name of an initialiser, or a function ``(shape, rng, dtype)``. Biases begin at 0.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        activation="linear",
        kernel_initializer="glorot_uniform",
    ):
        super().__init__()
        self.filters = _validate.whole("filters", filters)
        self.kernel_size = _validate.pair("kernel_size", kernel_size)
        self.strides, self.padding = _validate.pair("strides", strides), padding
        self.activation = Activation(activation)
        self._initialise = find_initialiser(kernel_initializer)

    def build(self, input_shape, rng, dtype="float32"):
        """Make kernel and bias; see `Layer.build`."""
        *size, channels = _check_rank(self, input_shape, ("height", "width", "channels"))
        windows = place_windows(
            tuple(size), self.kernel_size, self.strides, self.padding, "kernel_size"
        )
        self.params = {
            "kernel": self._initialise((*self.kernel_size, channels, self.filters), rng, dtype),
            "bias": np.zeros(self.filters, dtype),
        }
        return (*windows.out_size, self.filters)

    def forward(self, x, training=False):
        """Convolve, add, activate; see `Layer.forward`."""
        z, cache = conv2d_forward(x, **self.params, strides=self.strides, padding=self.padding)
        self._cache = cache if training else None
        return self.activation.forward(z, training)

    def backward(self, dout, input_gradient=True):
        """Fill the gradients of kernel and bias; see `Layer.backward`."""
        cache, dz = self._kept(), self.activation.backward(dout)
        dx, dkernel, dbias = conv2d_backward(dz, cache, input_gradient)
        self.grads = {"kernel": dkernel, "bias": dbias}
        return dx


class _Pooling2D(Layer):
    """What both poolings share."""

    def __init__(self, pool_size=2, strides=None, padding="valid"):
        super().__init__()
        self.pool_size = _validate.pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else _validate.pair("strides", strides)
        self.padding = padding

    def build(self, input_shape, rng, dtype="float32"):
        """Return the shape of one output; see `Layer.build`."""
        *size, channels = _check_rank(self, input_shape, ("height", "width", "channels"))
        windows = place_windows(
            tuple(size), self.pool_size, self.strides, self.padding, "pool_size"
        )
        return (*windows.out_size, channels)

    def forward(self, x, training=False):
        """Pool; see `Layer.forward`."""
        out, cache = self._forward(x, self.pool_size, self.strides, self.padding)
        self._cache = cache if training else None
        return out

    def backward(self, dout, input_gradient=True):
        """Return the gradient of the input; see `Layer.backward`."""
        return self._backward(dout, self._kept())


class MaxPooling2D(_Pooling2D):
    """The largest number of each window.

    Parameters
    ----------
    pool_size : int or tuple of int, default=2
        Height and width of a window, in pixels.
    strides : int or tuple of int, optional
        None means ``pool_size``.
    padding : {"valid", "same"}, default="valid"
    """

    _forward, _backward = staticmethod(max_pool2d_forward), staticmethod(max_pool2d_backward)


class AveragePooling2D(_Pooling2D):
    """The mean of each window.

    Parameters
    ----------
    pool_size : int or tuple of int, default=2
        Height and width of a window, in pixels.
    strides : int or tuple of int, optional
        None means ``pool_size``.
    padding : {"valid", "same"}, default="valid"
    """

    _forward = staticmethod(average_pool2d_forward)
    _backward = staticmethod(average_pool2d_backward)


class Flatten(Layer):
    """Images as rows of features."""

    def build(self, input_shape, rng, dtype="float32"):
        """Return the shape of one output; see `Layer.build`."""
        return (int(np.prod(input_shape)),)

    def forward(self, x, training=False):
        """Flatten; see `Layer.forward`."""
        out, cache = flatten_forward(x)
        self._cache = cache if training else None
        return out

    def backward(self, dout, input_gradient=True):
        """Return the gradient of the input; see `Layer.backward`."""
        return flatten_backward(dout, self._kept())


class PReLU(Layer):
    """ReLU with learned slopes, 0 at first, as in Keras.

    Parameters
    ----------
    shared_axes : tuple of int, default=()
        Axes along which one slope is shared, 1 being the first after the batch: for images,
        ``(1, 2)`` gives one slope a channel.
    """

    def __init__(self, shared_axes=()):
        super().__init__()
        self.shared_axes = tuple(shared_axes)

    def build(self, input_shape, rng, dtype="float32"):
        """Make the slopes; see `Layer.build`."""
        if not set(self.shared_axes) <= set(range(1, len(input_shape) + 1)):
            raise SettingError(
                f"shared_axes is {self.shared_axes}; expected numbers from 1 to "
                f"{len(input_shape)}, as one example has shape {input_shape}."
            )
        shape = [
            1 if axis in self.shared_axes else length
            for axis, length in enumerate(input_shape, start=1)
        ]
        self.params = {"alpha": np.zeros(shape, dtype)}
        return input_shape

    def forward(self, x, training=False):
        """Apply the function; see `Layer.forward`."""
        out, cache = prelu_forward(x, **self.params)
        self._cache = cache if training else None
        return out

    def backward(self, dout, input_gradient=True):
        """Fill the gradient of the slopes; see `Layer.backward`."""
        dx, dalpha = prelu_backward(dout, self._kept())
        self.grads = {"alpha": dalpha}
        return dx


class Dropout(Layer):
    """Random zeros while training; nothing otherwise.

    Parameters
    ----------
    rate : float
        Chance of each number to become zero, in [0, 1).
    """

    def __init__(self, rate):
        super().__init__()
        _validate.between("rate", rate, 0, 1)
        self.rate = rate

    def build(self, input_shape, rng, dtype="float32"):
        """Keep the generator; see `Layer.build`."""
        self._rng = rng
        return input_shape

    def forward(self, x, training=False):
        """Drop while training; see `Layer.forward`."""
        if not training:
            self._cache = None
            return x
        out, self._cache = dropout_forward(x, self.rate, self._rng)
        return out

    def backward(self, dout, input_gradient=True):
        """Return the gradient of the input; see `Layer.backward`."""
        return dropout_backward(dout, self._kept())


class BatchNormalization(Layer):
    """Normalise each channel: by the batch while training, by moving averages otherwise.

    Parameters
    ----------
    momentum : float, default=0.99
        Weight of the past in the moving averages, in [0, 1). As in Keras the moving variance
        averages the batches' biased variances.
    epsilon : float, default=1e-3
        Added to the variance.
    """

    def __init__(self, momentum=0.99, epsilon=1e-3):
        super().__init__()
        _validate.between("momentum", momentum, 0, 1)
        _validate.between("epsilon", epsilon, 0, math.inf)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape, rng, dtype="float32"):
        """Make gamma, beta and the moving averages; see `Layer.build`."""
        channels = input_shape[-1]
        self.params = {"gamma": np.ones(channels, dtype), "beta": np.zeros(channels, dtype)}
        self.state = {
            "moving_mean": np.zeros(channels, dtype),
            "moving_variance": np.ones(channels, dtype),
        }
        return input_shape

    def forward(self, x, training=False):
        """Normalise; while training, update the moving averages; see `Layer.forward`."""
        if not training:
            self._cache = None
            return self._normalise(x)
        out, self._cache = batch_norm_forward(x, **self.params, epsilon=self.epsilon)
        for name, value in (
            ("moving_mean", self._cache.mean),
            ("moving_variance", self._cache.variance),
        ):
            self.state[name] += (1 - self.momentum) * (value - self.state[name])
        return out

    def backward(self, dout, input_gradient=True):
        """Fill the gradients of gamma and beta; see `Layer.backward`."""
        dx, dgamma, dbeta = batch_norm_backward(dout, self._kept())
        self.grads = {"gamma": dgamma, "beta": dbeta}
        return dx

    def _normalise(self, x):
        """Apply the moving averages, which at test time are constants."""
        check_batch_norm(x, **self.params)
        scale = self.params["gamma"] / np.sqrt(self.state["moving_variance"] + self.epsilon)
        return (x - self.state["moving_mean"]) * scale + self.params["beta"]


def _check_rank(layer, input_shape, axes):
    """Return the shape of one input, or raise unless it has these axes."""
    if len(input_shape) != len(axes):
        raise ShapeError(
            f"{type(layer).__name__} got inputs of shape {tuple(input_shape)}; expected "
            f"({', '.join(axes)}), the batch axis aside."
        )
    return input_shape
