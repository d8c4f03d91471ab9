"""Decide whether an expression is zero.

SymPy's `simplify` is slow on nested sigmoids and lost in nested piecewise functions. But the
difference of two derivatives of the same loss is a rational function of a few building blocks, the
exponentials, logarithms and conditions in it, and a rational function is zero if its numerator
expands to 0. So conditions become factors that are 1 or 0, and each block becomes a plain symbol.
"""

import random

import sympy as sp

from nbhelpers.errors import DerivationError

MAX_BRANCHES = 256  # beyond this, looking at forty points in each takes minutes


class Indicator(sp.Function):
    """1 where its argument is positive, else 0; its derivative is 0 wherever it has one."""

    is_real = True

    @classmethod
    def eval(cls, u):
        return sp.Integer(bool(u > 0)) if u.is_number else None

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


BLOCKS = {block.__name__: block for block in (Indicator, Exp, Erf)}


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
    if _cancels(expression):
        return True
    one_side = _one_side(expression)
    return one_side != expression and _cancels(one_side)


def _cancels(expression):
    blocks = {block: sp.Dummy() for block in expression.atoms(sp.Function)}
    numerator, _ = sp.fraction(sp.together(expression.xreplace(blocks)))
    return sp.expand(numerator) == 0


def _one_side(expression):
    """Return an expression whose conditions are never each other's opposite."""
    return expression.replace(
        lambda part: isinstance(part, Indicator) and part.args[0].could_extract_minus_sign(),
        lambda part: 1 - Indicator(-part.args[0]),
    )


def is_zero(expression, points=40, digits=40):
    """Decide whether an expression in terms of blocks is zero wherever it is differentiable.

    Where SymPy cannot decide, it is looked at with numbers, in each branch by itself: whichever of
    its conditions hold, what remains is one analytic expression, and if that is zero where the
    branch applies, it is zero everywhere. So every branch is looked at, also those that random
    points hardly ever reach.

    Parameters
    ----------
    expression : sympy.Expr
        As `in_blocks` leaves it.
    points, digits : int
        At how many rational points to evaluate each branch, and how exactly.

    Returns
    -------
    bool or None
        True if it simplifies to exactly 0, False if it is not 0 at some point, None if each branch
        is 0 to that many digits at every point.

    Raises
    ------
    DerivationError
        If it cannot be decided: there are more than 256 branches, one that is not 0 may be out of
        reach, or there are no real numbers to look at.
    """
    if simplifies_to_zero(expression):
        return True
    if not _vanishes(expression, points, digits):
        return False
    for where, branch in _branches(_one_side(expression)):
        if not _vanishes(branch, points, digits):
            if not _vanishes(expression, 20 * points, digits):
                return False
            raise DerivationError(
                f"Cannot decide whether an expression is 0: where {where} it would not be, but of "
                f"{20 * points} points none lies there. Simplify what leads to these conditions."
            )
    return None


def _branches(expression):
    """Return where each branch of an expression applies, and what it is there."""
    waiting, branches = [("", expression)], []
    while waiting:
        where, branch = waiting.pop()
        inner = [b for b in branch.atoms(Indicator) if not b.args[0].has(Indicator)]
        if branch == 0 or not inner:
            branches.append((where, branch))
            continue
        block = min(inner, key=str)
        for value, sign in ((1, ">"), (0, "<")):
            condition = f"{where} and {block.args[0]} {sign} 0".removeprefix(" and ")
            waiting.append((condition, branch.xreplace({block: sp.Integer(value)})))
        if len(waiting) + len(branches) > MAX_BRANCHES:
            raise DerivationError(
                "Cannot decide whether an expression is 0: it does not simplify to 0, and has more "
                f"than {MAX_BRANCHES} branches to look at. Derive something smaller."
            )
    return branches


def _vanishes(expression, count, digits):
    """Return whether an expression is 0 at so many points, those left out where it is not real."""
    looked_at = 0
    for point in _points(expression.free_symbols, limit=10 * count):
        value = sp.N(expression.xreplace(point), digits)
        if not (value.is_real and value.is_finite):
            continue
        if abs(value) > sp.Float(10) ** -(digits - 10):
            return False
        looked_at += 1
        if looked_at == count:
            return True
    raise DerivationError(
        f"Cannot decide whether an expression is 0: of {10 * count} points it is a real number at "
        f"{looked_at}; expected {count}. Simplify what leads to it."
    )


def _points(symbols, limit):
    """Yield rational values of both signs for all symbols, the same at every call."""
    draw = random.Random(0)
    for _ in range(limit):
        yield {
            s: sp.Rational(draw.randint(1, 300), 97)
            * (1 if s.is_positive else draw.choice((-1, 1)))
            for s in sorted(symbols, key=str)
        }
