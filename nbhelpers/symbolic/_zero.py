"""Decide whether an expression is zero.

SymPy's `simplify` is slow on nested sigmoids and lost in nested piecewise functions. But the
difference of two derivatives of the same loss is a rational function of a few building blocks, the
exponentials, logarithms and conditions in it, and a rational function is zero if its numerator
expands to 0. So conditions become factors that are 1 or 0, and each block becomes a plain symbol.
"""

import random

import sympy as sp

from nbhelpers.errors import DerivationError


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
    if isinstance(condition, sp.Or):
        return 1 - sp.prod(1 - _indicator(c) for c in condition.args)
    if isinstance(condition, sp.Eq | sp.Ne):  # at a kink, where there is no derivative
        return sp.Integer(isinstance(condition, sp.Ne))
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
        (sp.Min, lambda *values: -sp.Max(*(-value for value in values))),
        (sp.Max, _from_max),
        (sp.Abs, lambda u: u * (2 * Indicator(u) - 1)),
        (sp.sign, lambda u: 2 * Indicator(u) - 1),
        (sp.Heaviside, lambda u, _=None: Indicator(u)),
        (sp.exp, Exp),
        (sp.erf, Erf),
    ):
        expression = expression.replace(old, new)
    return expression


def simplifies_to_zero(expression):
    """Return whether an expression is zero whatever numbers its symbols and blocks are.

    Parameters
    ----------
    expression : sympy.Expr
        As `in_blocks` leaves it.

    Returns
    -------
    bool
        True is a proof that it is zero; False leaves it open.
    """
    blocks = {block: sp.Dummy() for block in expression.atoms(sp.Function)}
    numerator, _ = sp.fraction(sp.together(expression.xreplace(blocks)))
    return sp.expand(numerator) == 0


def is_zero(expression, points=40, digits=40):
    """Decide whether an expression in terms of blocks is zero for all values of its symbols.

    Parameters
    ----------
    expression : sympy.Expr
        As `in_blocks` leaves it.
    points, digits : int
        Where SymPy cannot decide: at how many rational points to evaluate at least, and how
        exactly. The points are drawn until each condition has been true at one and false at
        another.

    Returns
    -------
    bool or None
        True if it simplifies to exactly 0, False if it is not 0 at some point, None if it is 0
        to that many digits at every point tried.

    Raises
    ------
    DerivationError
        If it is 0 at every point, but some condition always came out the same: a branch was never
        looked at.
    """
    if simplifies_to_zero(expression):
        return True
    one_sided = {block: set() for block in expression.atoms(Indicator)}
    for number, point in enumerate(_points(expression.free_symbols, limit=20 * points)):
        if number >= points and not one_sided:
            return None
        if abs(sp.N(expression.xreplace(point), digits)) > sp.Float(10) ** -(digits - 10):
            return False
        for block in list(one_sided):
            one_sided[block].add(block.xreplace(point))
            if len(one_sided[block]) == 2:
                del one_sided[block]
    if one_sided:
        conditions = ", ".join(f"{block.args[0]} > 0" for block in one_sided)
        raise DerivationError(
            f"Cannot decide whether an expression is 0: of {20 * points} points none lies on the "
            f"other side of {conditions}. Simplify what leads to this condition."
        )
    return None


def _points(symbols, limit):
    """Yield rational values of both signs for all symbols, the same at every call."""
    draw = random.Random(0)
    for _ in range(limit):
        yield {
            s: sp.Rational(draw.randint(1, 300), 97)
            * (1 if s.is_positive else draw.choice((-1, 1)))
            for s in sorted(symbols, key=str)
        }
