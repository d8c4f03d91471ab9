"""The lines of a derivation, and the names in them."""

from dataclasses import dataclass

import numpy as np
import sympy as sp

LOSS = sp.Symbol("L", real=True)


def symbols(stem, shape, hidden=()):
    """Return an array of symbols; ``symbols("w", (2, 2))`` ends with ``w_{22}``.

    Indices count from 1; those along `hidden` axes, of length 1, are left out.
    """
    array = np.empty(shape, dtype=object)
    separator = "," if max(shape) > 9 else ""
    for index in np.ndindex(*shape):
        shown = [str(i + 1) for axis, i in enumerate(index) if axis not in hidden]
        subscript = f"_{{{separator.join(shown)}}}" if shown else ""
        array[index] = sp.Symbol(stem + subscript, real=True)
    return array


def partial(numerator, denominator):
    """Return the symbol that stands for a partial derivative, a name and not an operation."""
    return sp.Symbol(rf"\frac{{\partial {numerator}}}{{\partial {denominator}}}", real=True)


def product(*factors):
    """Return a product whose factors stay, and are printed, in this order."""
    factors = [factor for factor in factors if factor != 1] or [sp.S.One]
    return sp.Mul(*factors, evaluate=False) if len(factors) > 1 else factors[0]


def total(*terms):
    """Return a sum whose terms stay, and are printed, in this order."""
    return sp.Add(*terms, evaluate=False) if len(terms) > 1 else sp.sympify(sum(terms))


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes
    ----------
    symbol : sympy.Symbol
        What this line introduces; its name is LaTeX.
    expression : sympy.Expr
        What it equals, in terms of given symbols and of earlier steps.
    reason : str
        Why, in plain words.
    """

    symbol: sp.Symbol
    expression: sp.Expr
    reason: str

    def latex(self):
        """Return ``symbol &= expression && reason`` for an aligned block."""
        expression = sp.latex(self.expression, order="none", ln_notation=True)
        return rf"{self.symbol.name} &= {expression} && \text{{{self.reason}}}"
