"""Activations: a formula, its derivative, and why."""

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from nbhelpers.symbolic._steps import product


@dataclass(frozen=True)
class Activation:
    """A function of one number; `derivative` may use its value ``a``, as backward passes do."""

    formula: Callable  # (z, alpha) -> a
    derivative: Callable  # (z, a, alpha) -> da/dz
    phrase: str  # "derivative of ..."


def _where_positive(z, then, otherwise):
    return sp.Piecewise((then, z > 0), (otherwise, True))


LEAKY_SLOPE = sp.Rational(3, 10)  # the default of Keras' LeakyReLU layer

ACTIVATIONS = {
    "linear": Activation(
        lambda z, alpha: z,
        lambda z, a, alpha: sp.Integer(1),
        "the identity",
    ),
    "sigmoid": Activation(
        lambda z, alpha: 1 / (1 + sp.exp(-z)),
        lambda z, a, alpha: product(a, 1 - a),
        "the sigmoid",
    ),
    "tanh": Activation(
        lambda z, alpha: sp.tanh(z),
        lambda z, a, alpha: 1 - a**2,
        "the hyperbolic tangent",
    ),
    "relu": Activation(
        lambda z, alpha: sp.Max(0, z),
        lambda z, a, alpha: _where_positive(z, 1, 0),
        "the ReLU",
    ),
    "leaky_relu": Activation(
        lambda z, alpha: _where_positive(z, z, LEAKY_SLOPE * z),
        lambda z, a, alpha: _where_positive(z, 1, LEAKY_SLOPE),
        "the leaky ReLU",
    ),
    "prelu": Activation(
        lambda z, alpha: _where_positive(z, z, alpha * z),
        lambda z, a, alpha: _where_positive(z, 1, alpha),
        "the parametric ReLU",
    ),
    "elu": Activation(
        lambda z, alpha: _where_positive(z, z, sp.exp(z) - 1),
        lambda z, a, alpha: _where_positive(z, 1, sp.exp(z)),
        "the ELU",
    ),
    "softplus": Activation(
        lambda z, alpha: sp.log(1 + sp.exp(z)),
        lambda z, a, alpha: 1 / (1 + sp.exp(-z)),
        "the softplus, which is the sigmoid",
    ),
    "gelu": Activation(
        lambda z, alpha: z * (1 + sp.erf(z / sp.sqrt(2))) / 2,
        lambda z, a, alpha: (
            (1 + sp.erf(z / sp.sqrt(2))) / 2 + z * sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
        ),
        "the GELU, by the product rule",
    ),
    "silu": Activation(
        lambda z, alpha: z / (1 + sp.exp(-z)),
        lambda z, a, alpha: a + (1 - a) / (1 + sp.exp(-z)),
        "the SiLU, by the product rule",
    ),
}


# da/dalpha, for activations that learn alpha.
PARAMETRIC = {"prelu": lambda z: _where_positive(z, 0, z)}
