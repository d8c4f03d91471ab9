"""Activations: functions of one number, applied everywhere; and softmax, which takes a row.

Each is a small object: its forward formula next to its backward one. Forward takes ``z`` and
returns ``(out, cache)``; backward takes ``dout``, the gradient of the loss with respect to ``out``,
and returns ``dz``. All are stable: none overflows, however large ``z`` is. ``ACTIVATIONS`` is the
table of them.
"""

import functools
import inspect
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import erfc

from nbhelpers.errors import NaNError, ShapeError
from nbhelpers.nn._checks import check_array, check_dout, check_floats

FORWARD = """{summary}

Parameters
----------
z : ndarray
    float32 or float64, any shape with at least one axis.
{settings}
Returns
-------
out : ndarray, shaped like ``z``
cache : ndarray or tuple
    What `{name}_backward` needs; treat it as opaque.
{references}"""

BACKWARD = """{summary}

Parameters
----------
dout : ndarray
    Gradient of the loss with respect to ``out``.
cache : ndarray or tuple
    From `{name}_forward`.

Returns
-------
{returns}"""


class Pair(NamedTuple):
    """An activation's two functions."""

    forward: Callable
    backward: Callable


def activation(formulas):
    """Return the two formulas of a class as functions that check their arrays.

    The class's docstring says what forward computes, then documents further parameters and
    references, if there are any; backward's says what it returns.
    """
    name = formulas.__name__
    summary, _, more = inspect.getdoc(formulas).partition("\n\n")
    settings, _, references = more.partition("References\n")

    @functools.wraps(formulas.forward)
    def forward(z, *args, **kwargs):
        check_array("z", z)
        out, cache = formulas.forward(z, *args, **kwargs)
        # Some keep ``out`` itself; who changed it in place would change the gradient.
        out.flags.writeable = False
        return out, cache

    def backward(dout, cache):
        kept = cache[0] if isinstance(cache, tuple) else cache
        check_dout(dout, kept.shape)
        return formulas.backward(dout, cache)

    forward.__name__, backward.__name__ = f"{name}_forward", f"{name}_backward"
    references = f"\nReferences\n{references}\n" if references else ""
    settings = f"{settings.rstrip()}\n" if settings else ""
    forward.__doc__ = FORWARD.format(
        name=name, summary=summary, settings=settings, references=references
    )
    returns = getattr(formulas, "returns", "dz : ndarray, shaped like ``z``\n")
    backward.__doc__ = BACKWARD.format(
        name=name, summary=inspect.getdoc(formulas.backward), returns=returns
    )
    return Pair(forward, backward)


@activation
class sigmoid:
    """Squash to (0, 1): ``1 / (1 + exp(-z))``."""

    def forward(z):
        out = _sigmoid(z)
        return out, out

    def backward(dout, out):
        """Return ``dz = dout * out * (1 - out)``."""
        return dout * out * (1 - out)


@activation
class tanh:
    """Squash to (-1, 1): ``tanh(z) = 2 sigmoid(2z) - 1``."""

    def forward(z):
        out = np.tanh(z)
        return out, out

    def backward(dout, out):
        """Return ``dz = dout * (1 - out**2)``."""
        return dout * (1 - out * out)


@activation
class relu:
    """Keep what is positive: ``max(z, 0)``."""

    def forward(z):
        out = np.clip(z, 0, np.inf)  # a third of the time of np.maximum(z, 0)
        return out, out

    def backward(dout, out):
        """Return ``dz = dout`` where ``z > 0``, else 0; at the kink 0, as in TensorFlow."""
        return dout * (out > 0).astype(dout.dtype)  # np.where takes ten times as long


@activation
class leaky_relu:
    """Let a little of what is negative through: ``z`` if ``z > 0``, else ``negative_slope * z``.

    negative_slope : float, default=0.3
        Default of the *layer* ``keras.layers.LeakyReLU``; the function
        ``keras.activations.leaky_relu`` has 0.2, the paper has 0.01.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """

    def forward(z, negative_slope=0.3):
        return np.where(z > 0, z, negative_slope * z), (z, negative_slope)

    def backward(dout, cache):
        """Return ``dz = dout`` where ``z > 0``, else ``negative_slope * dout``."""
        z, negative_slope = cache
        return np.where(z > 0, dout, negative_slope * dout)


@activation
class prelu:
    """Leaky ReLU whose slopes ``alpha`` are learned.

    alpha : ndarray
        One axis less than ``z``: each is as long as in ``z``, or 1 to share a slope along it. For
        images of shape (batch, height, width, channels), shape (1, 1, channels) is one a channel.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """

    returns = "dz, dalpha : ndarray\n    Shaped like ``z`` and ``alpha``.\n"

    def forward(z, alpha):
        check_floats("alpha", alpha)
        lengths = zip(alpha.shape, z.shape[1:], strict=False)
        if alpha.ndim != z.ndim - 1 or any(one not in (1, other) for one, other in lengths):
            raise ShapeError(
                f"alpha has shape {alpha.shape}; expected {z.shape[1:]}, or 1 along an axis that "
                f"shares a slope, as z has shape {z.shape}."
            )
        return np.where(z > 0, z, alpha * z), (z, alpha)

    def backward(dout, cache):
        """Return the gradients of ``z`` and ``alpha``; at the kink the slope is ``alpha``."""
        z, alpha = cache
        dz = np.where(z > 0, dout, alpha * dout)
        dalpha = np.where(z > 0, 0, dout * z).sum(axis=0)
        shared = tuple(axis for axis, length in enumerate(alpha.shape) if length == 1)
        return dz, dalpha.sum(axis=shared, keepdims=True)


@activation
class elu:
    """Bend smoothly towards ``-alpha``: ``z`` if ``z > 0``, else ``alpha * (exp(z) - 1)``.

    alpha : float, default=1.0
        Minus the value that ``out`` approaches for very negative ``z``.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", 2016.
    """

    def forward(z, alpha=1.0):
        out = np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))
        return out, (z, out, alpha)

    def backward(dout, cache):
        """Return ``dz = dout`` where ``z > 0``, else ``dout * (out + alpha)``."""
        z, out, alpha = cache
        return np.where(z > 0, dout, dout * (out + alpha))


@activation
class softplus:
    """Round off the corner of ReLU: ``log(1 + exp(z))``, the antiderivative of the sigmoid."""

    def forward(z):
        return np.logaddexp(z, 0), z

    def backward(dout, z):
        """Return ``dz = dout * sigmoid(z)``."""
        return dout * _sigmoid(z)


@activation
class gelu:
    """Weigh ``z`` by the chance that a standard normal number is smaller: ``z * cdf(z)``.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units", 2016. Exact, as ``keras.activations.gelu``
    with ``approximate=False``.
    """

    def forward(z):
        cdf = 0.5 * erfc(-z / math.sqrt(2))  # not (1 + erf) / 2, which rounds to 0 too early
        return z * cdf, (z, cdf)

    def backward(dout, cache):
        """Return ``dz = dout * (cdf(z) + z * density(z))`` of the standard normal distribution."""
        z, cdf = cache
        with np.errstate(over="ignore"):  # the density of what overflows is 0
            density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        return dout * (cdf + z * density)


@activation
class silu:
    """Weigh ``z`` by its sigmoid: ``z * sigmoid(z)``, also called swish.

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", 2018.
    """

    def forward(z):
        gate = _sigmoid(z)
        return z * gate, (z, gate)

    def backward(dout, cache):
        """Return ``dz = dout * s * (1 + z * (1 - s))`` with ``s = sigmoid(z)``."""
        z, gate = cache
        return dout * gate * (1 + z * (1 - gate))


@activation
class softmax:
    """Turn each row into positive numbers that sum to one: ``exp(z) / sum(exp(z))``."""

    def forward(z):
        out = _softmax(z)
        return out, out

    def backward(dout, out):
        """Return ``dz = out * (dout - sum(dout * out))``, the sum over a row's classes."""
        return out * (dout - (dout * out).sum(axis=-1, keepdims=True))


def _sigmoid(z):
    """``1 / (1 + exp(-z))``, which for negative ``z`` is ``exp(z) / (1 + exp(z))``: no overflow."""
    power = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, power) / (1 + power)


def _softmax(z):
    """Return the softmax of each row; the largest number of a row becomes ``exp(0)``."""
    powers = np.exp(_below_largest(z))
    return powers / powers.sum(axis=-1, keepdims=True)


def _below_largest(z):
    """Return each row minus its largest number; what is infinite has all of the probability."""
    largest = z.max(axis=-1, keepdims=True)
    if np.isfinite(largest).all():
        return z - largest
    if np.isneginf(largest).any():
        row = int(np.argmax(np.isneginf(largest).ravel()))
        raise NaNError(
            f"row {row} of {z.shape} holds nothing but -inf; expected at least one class that is "
            "not masked, since probabilities sum to 1."
        )
    sure = np.where(np.isposinf(z), 0, -np.inf).astype(z.dtype)
    return _below_largest(np.where(np.isposinf(largest), sure, z))


ACTIVATIONS = {
    "linear": Pair(lambda z: (z, ()), lambda dout, cache: dout),
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "softplus": softplus,
    "gelu": gelu,
    "silu": silu,
    "softmax": softmax,
}

sigmoid_forward, sigmoid_backward = sigmoid
tanh_forward, tanh_backward = tanh
relu_forward, relu_backward = relu
leaky_relu_forward, leaky_relu_backward = leaky_relu
prelu_forward, prelu_backward = prelu
elu_forward, elu_backward = elu
softplus_forward, softplus_backward = softplus
gelu_forward, gelu_backward = gelu
silu_forward, silu_backward = silu
softmax_forward, softmax_backward = softmax
