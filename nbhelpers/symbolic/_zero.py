"""Decide whether an expression is zero.

SymPy's `simplify` is slow on nested sigmoids and lost in nested piecewise functions. But the
difference of two derivatives of the same loss is a rational function of a few building blocks, the
exponentials, logarithms and conditions in it, and a rational function is zero if its numerator
expands to 0. So conditions become factors that are 1 or 0, and each block becomes a plain symbol.
"""

import sympy as sp


class Indicator(sp.Function):
    """1 where its argument is positive, else 0; its derivative is 0 wherever it has one."""

    is_real = True

    @classmethod
    def eval(cls, u):
        if u.is_number:
            return sp.Integer(bool(u > 0))
        return 1 - cls(-u) if u.could_extract_minus_sign() else None

    def _eval_derivative(self, symbol):
        return sp.S.Zero


class Exp(sp.Function):
    """The exponential function, whose products SymPy does not merge into one exponential."""

    is_positive = True

    @classmethod
    def eval(cls, u):
        if u.is_number:
            return sp.exp(u)
        return 1 / cls(-u) if u.could_extract_minus_sign() else None

    def fdiff(self, argindex=1):
        return self


class Erf(sp.Function):
    """The error function, with a derivative in terms of `Exp`."""

    is_real = True

    @classmethod
    def eval(cls, u):
        if u.is_number:
            return sp.erf(u)
        return -cls(-u) if u.could_extract_minus_sign() else None

    def fdiff(self, argindex=1):
        return 2 / sp.sqrt(sp.pi) * Exp(-(self.args[0] ** 2))


def _indicator(condition):
    """Return a condition as a factor; whether equality counts is lost, as it has no derivative."""
    if condition in (True, False):
        return sp.Integer(bool(condition))
    if isinstance(condition, sp.And):
        return sp.prod(map(_indicator, condition.args))
    return Indicator(condition.gts - condition.lts)  # the greater and the lesser side


def _from_piecewise(*branches):
    total, remaining = 0, 1
    for value, condition in branches:
        factor = _indicator(condition)
        total, remaining = total + remaining * factor * value, remaining * (1 - factor)
    return total


def _from_max(*values):
    return sum(
        value * sp.prod(Indicator(value - other) for other in values if other != value)
        for value in values
    )


def in_blocks(expression):
    """Return an expression in terms of `Indicator`, `Exp` and `Erf`.

    Parameters
    ----------
    expression : sympy.Expr
        It may hold exponentials, error functions, maxima and piecewise functions.

    Returns
    -------
    sympy.Expr
        Equal to it wherever it is differentiable.
    """
    for old, new in (
        (sp.Piecewise, _from_piecewise),
        (sp.Max, _from_max),
        (sp.exp, Exp),
        (sp.erf, Erf),
    ):
        expression = expression.replace(old, new)
    return expression


def is_zero(expression, points=4, digits=40):
    """Decide whether an expression in terms of blocks is zero for all values of its symbols.

    Parameters
    ----------
    expression : sympy.Expr
        As `in_blocks` leaves it.
    points, digits : int
        Where SymPy cannot decide: at how many rational points to evaluate, and how exactly.

    Returns
    -------
    bool or None
        True if it simplifies to exactly 0, False if it is not 0 at some point, None if it is 0
        to that many digits at every point tried.
    """
    blocks = expression.atoms(sp.Function)
    numerator, _ = sp.fraction(sp.together(expression.xreplace({b: sp.Dummy() for b in blocks})))
    if sp.expand(numerator) == 0:
        return True
    symbols = sorted(expression.free_symbols, key=str)
    for k in range(1, points + 1):
        values = {s: sp.Rational((-1) ** i * (7 * i + k), 11 + i) for i, s in enumerate(symbols)}
        if abs(sp.N(expression.xreplace(values), digits)) > sp.Float(10) ** -(digits - 10):
            return False
    return None
