"""A small fully connected network, derived symbol by symbol."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._activations import ACTIVATIONS, PARAMETRIC
from nbhelpers.symbolic._derivation import Derivation
from nbhelpers.symbolic._layers import softmax_derivatives, softmax_steps
from nbhelpers.symbolic._steps import LOSS, Step, partial, product, symbols, total

MAX_STEPS = 250  # lines: pages of formulas; whatever the activations, `verify` takes them


@dataclass(frozen=True)
class _Loss:
    """A loss of the outputs, and what its chain rule starts with."""

    phrase: str
    formula: Callable  # (a, y): arrays of symbols -> expression
    derivative: Callable  # (a, y, units): one output -> dL/da
    output: str | None = None  # the activation that it is made for
    delta: Callable | None = None  # (a, y, units) -> dL/dz, where that activation's slope cancels


def _mean(terms):
    return product(sp.Rational(1, len(terms)), total(*terms)) if len(terms) > 1 else terms[0]


def _binary_crossentropy(a, y):
    terms = [
        total(product(v, sp.log(u)), product(total(1, -v), sp.log(total(1, -u))))
        for u, v in zip(a, y, strict=True)
    ]
    return product(-1, _mean(terms))


LOSSES = {
    "mean_squared_error": _Loss(
        "the squared error",
        lambda a, y: _mean([total(u, -v) ** 2 for u, v in zip(a, y, strict=True)]),
        lambda a, y, units: product(sp.Rational(2, units), total(a, -y)),
    ),
    "binary_crossentropy": _Loss(
        "the cross-entropy",
        _binary_crossentropy,
        lambda a, y, units: product(sp.Rational(1, units), total(-y / a, (1 - y) / (1 - a))),
        "sigmoid",
        lambda a, y, units: product(sp.Rational(1, units), total(a, -y)),
    ),
    "categorical_crossentropy": _Loss(
        "the cross-entropy",
        lambda a, y: total(*(-v * sp.log(u) for u, v in zip(a, y, strict=True))),
        lambda a, y, units: -y / a,
        "softmax",
        lambda a, y, units: total(a, -y),
    ),
}


def derive_network(sizes=(2, 2, 1), activations=("sigmoid", "sigmoid"), loss="mean_squared_error"):
    r"""Derive the forward and the backward pass of a network, for one sample.

    The weight from unit *i* to unit *j* of layer *l* is :math:`w^{(l)}_{ij}`, entry ``[i, j]`` of
    the layer's kernel. :math:`\delta^{(l)}_j` is the derivative of the loss by :math:`z^{(l)}_j`.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, then of units in each layer; at most 250 steps in all. There are one for
        each parameter, five for each unit, one for the loss, and n (n - 1) for a softmax of n.
    activations : sequence of str
        One a layer: linear, sigmoid, tanh, relu, leaky_relu (slope 0.3), prelu (one slope a
        unit, learned), elu, softplus, gelu, silu, and in the last layer softmax.
    loss : {"mean_squared_error", "binary_crossentropy", "categorical_crossentropy"}
        The first two are means over the outputs, as in Keras. Cross-entropy needs the output
        that it is made for: sigmoid, or softmax, whose targets sum to one.

    Returns
    -------
    Derivation
        Its `arrays` are ``x``, ``y``, and for each layer *l* ``kernel_l`` of shape (inputs,
        units), ``bias_l`` of shape (units,), and with prelu ``alpha_l`` of shape (units,).

    Raises
    ------
    DerivationError
        If there is no such activation or loss, they do not fit, or the network is too large.

    Examples
    --------
    >>> derivation = derive_network(sizes=(2, 1), activations=["tanh"])
    >>> print(derivation.latex("forward"))
    \begin{aligned}
    z^{(1)}_{1} &= x_{1} w^{(1)}_{11} + x_{2} w^{(1)}_{21} + b^{(1)}_{1} && \text{weighted sum} \\
    a^{(1)}_{1} &= \tanh{\left(z^{(1)}_{1} \right)} && \text{tanh}
    \end{aligned}
    >>> len(derivation.verify().simplified)
    3
    """
    sizes, activations = tuple(sizes), tuple(activations)
    _check(sizes, activations, loss)
    layers = _layers(sizes, activations)
    arrays = {"x": layers[0].x, "y": symbols("y", sizes[-1:])}
    for layer in layers:
        arrays |= layer.parameters
    y, chosen = arrays["y"], LOSSES[loss]
    backward = _output_gradients(layers[-1], y, chosen)
    for layer in reversed(layers):
        last = layer is layers[-1]
        backward += _local_derivatives(layer)
        backward += _cancelled(layer, y, chosen) if last and chosen.delta else _deltas(layer)
        backward += _parameter_gradients(layer)
        if layer is not layers[0]:
            backward += _input_gradients(layer)
    return Derivation(
        title=f"Network {'-'.join(map(str, sizes))}, {', '.join(activations)}, {loss}",
        arrays=arrays,
        trainable=tuple(name for name in arrays if name not in ("x", "y")),
        forward=tuple(step for layer in layers for step in _forward(layer)),
        loss=Step(LOSS, chosen.formula(layers[-1].a, y), chosen.phrase),
        backward=tuple(backward),
        constraints={y[-1]: 1 - sum(y[:-1])} if chosen.output == "softmax" else {},
        short_names={
            delta: (LOSS, z)
            for layer in layers
            for delta, z in zip(layer.delta, layer.z, strict=True)
        },
    )


def _check(sizes, activations, loss):
    if len(sizes) < 2 or not all(isinstance(n, Integral) and n > 0 for n in sizes):
        msg = (
            f"sizes {sizes}: expected the number of inputs, then of units a layer, each 1 or more."
        )
        raise DerivationError(msg)
    if len(activations) != len(sizes) - 1:
        msg = f"{len(sizes) - 1} layers but {len(activations)} activations: give one a layer."
        raise DerivationError(msg)
    known = [*ACTIVATIONS, "softmax"]
    for name in activations:
        if name not in known:
            msg = f"No activation {name!r} here: take one of {', '.join(known)}."
            raise DerivationError(msg)
    if "softmax" in activations[:-1]:
        msg = "softmax in a hidden layer: it is an output; take for example tanh or relu there."
        raise DerivationError(msg)
    if activations[-1] == "softmax" and sizes[-1] == 1:
        msg = "softmax of one unit is always 1: take two units or more, or a sigmoid."
        raise DerivationError(msg)
    _check_loss(activations[-1], loss)
    count = _count_steps(sizes, activations)
    if count > MAX_STEPS:
        msg = f"This network takes {count} steps to derive; expected at most {MAX_STEPS}."
        raise DerivationError(msg + " Take fewer units: nothing in it depends on how many.")


def _count_steps(sizes, activations):
    """Return how many steps `derive_network` takes, before it takes them."""
    parameters = sum(
        (n + 1 + (name in PARAMETRIC)) * units
        for n, units, name in zip(sizes, sizes[1:], activations, strict=False)
    )
    pairs = sizes[-1] * (sizes[-1] - 1) * (activations[-1] == "softmax")
    return parameters + 5 * sum(sizes[1:]) + pairs + 1


def _check_loss(output, loss):
    if loss not in LOSSES:
        msg = f"No loss {loss!r} here: take one of {', '.join(LOSSES)}."
        raise DerivationError(msg)
    expected = LOSSES[loss].output
    if expected and output != expected:
        msg = f"{loss} is made for a {expected} output, found {output}: change one of the two."
        raise DerivationError(msg)


@dataclass(frozen=True)
class _Layer:
    """The symbols of one layer."""

    activation: str
    x: np.ndarray  # what comes in: the layer below's `a`
    kernel: np.ndarray
    bias: np.ndarray
    alpha: np.ndarray  # the slopes, where they are learned
    z: np.ndarray
    a: np.ndarray
    delta: np.ndarray
    parameters: dict  # of the arrays above, those that are learned, by name


def _layers(sizes, activations):
    layers, x = [], symbols("x", sizes[:1])
    for number, name in enumerate(activations, start=1):
        shape, upper = sizes[number - 1 : number + 1], f"^{{({number})}}"
        kernel = symbols("w" + upper, shape)
        bias, alpha, z, a, delta = (
            symbols(letter + upper, shape[1:]) for letter in ("b", r"\alpha", "z", "a", r"\delta")
        )
        parameters = {f"kernel_{number}": kernel, f"bias_{number}": bias}
        if name in PARAMETRIC:
            parameters[f"alpha_{number}"] = alpha
        layers.append(_Layer(name, x, kernel, bias, alpha, z, a, delta, parameters))
        x = a
    return layers


def _forward(layer):
    steps = [
        Step(z, total(*map(product, layer.x, weights), b), "weighted sum")
        for z, weights, b in zip(layer.z, layer.kernel.T, layer.bias, strict=True)
    ]
    if layer.activation == "softmax":
        return [*steps, *softmax_steps(layer.z, layer.a)]
    values = map(ACTIVATIONS[layer.activation].formula, layer.z, layer.alpha)
    return steps + [Step(a, v, layer.activation) for a, v in zip(layer.a, values, strict=True)]


def _output_gradients(layer, y, loss):
    return [
        Step(partial(LOSS, a), loss.derivative(a, v, len(y)), f"derivative of {loss.phrase}")
        for a, v in zip(layer.a, y, strict=True)
    ]


def _local_derivatives(layer):
    """Return da/dz: for softmax each output by each input, else unit by unit."""
    if layer.activation == "softmax":
        return list(softmax_derivatives(layer.z, layer.a))
    chosen = ACTIVATIONS[layer.activation]
    return [
        Step(partial(a, z), chosen.derivative(z, a, alpha), f"derivative of {chosen.phrase}")
        for z, a, alpha in zip(layer.z, layer.a, layer.alpha, strict=True)
    ]


def _deltas(layer):
    steps = []
    for j, (z, delta) in enumerate(zip(layer.z, layer.delta, strict=True)):
        outputs = layer.a if layer.activation == "softmax" else layer.a[j : j + 1]
        paths = [product(partial(LOSS, a), partial(a, z)) for a in outputs]
        reason = "chain rule, summed over the outputs" if len(paths) > 1 else "chain rule"
        steps.append(Step(delta, total(*paths), reason))
    return steps


def _cancelled(layer, y, loss):
    reason = f"chain rule; the factors of the {loss.output} cancel"
    if loss.output == "softmax":
        reason = "chain rule, summed over the outputs; the targets sum to one"
    return [
        Step(delta, loss.delta(a, v, len(y)), reason)
        for delta, a, v in zip(layer.delta, layer.a, y, strict=True)
    ]


def _parameter_gradients(layer):
    steps = [
        Step(
            partial(LOSS, layer.kernel[i, j]),
            product(delta, x),
            "chain rule, times the input",
        )
        for j, delta in enumerate(layer.delta)
        for i, x in enumerate(layer.x)
    ]
    steps += [
        Step(partial(LOSS, b), delta, "chain rule, times 1")
        for b, delta in zip(layer.bias, layer.delta, strict=True)
    ]
    if layer.activation in PARAMETRIC:
        steps += [
            Step(
                partial(LOSS, alpha),
                product(partial(LOSS, a), PARAMETRIC[layer.activation](z)),
                "chain rule, where z is not positive",
            )
            for alpha, a, z in zip(layer.alpha, layer.a, layer.z, strict=True)
        ]
    return steps


def _input_gradients(layer):
    reason = "chain rule"
    if len(layer.z) > 1:
        reason += ", summed over the units it feeds"
    return [
        Step(partial(LOSS, x), total(*map(product, layer.delta, weights)), reason)
        for x, weights in zip(layer.x, layer.kernel, strict=True)
    ]
