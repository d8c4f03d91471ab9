"""The steps of a derivation with numbers in place of its symbols."""

import random

import sympy as sp

DIGITS = 60


def small_points(symbols, count, seed=0):
    """Return rational numbers between -1 and 1 for symbols, the same at every call.

    Parameters
    ----------
    symbols : iterable of sympy.Symbol
        Those that are positive get positive numbers.
    count : int
        How many points.
    seed : int, default=0
        Seed of the random numbers.

    Returns
    -------
    list of dict of sympy.Symbol to sympy.Rational
    """
    draw, symbols = random.Random(seed), sorted(symbols, key=str)
    return [
        {
            s: sp.Rational(draw.randint(1, 10**6), 10**6 + 3)
            * (1 if s.is_positive else draw.choice((-1, 1)))
            for s in symbols
        }
        for _ in range(count)
    ]


def number(expression, values):
    """Return an expression as a number: exact if it is rational, else of 60 digits."""
    value = expression.xreplace(values)
    return value if value.is_Rational else value.evalf(DIGITS)


def values_along(steps, values):
    """Return the numbers that steps come to, together with those given.

    Parameters
    ----------
    steps : iterable of (sympy.Symbol, sympy.Expr)
        Each in terms of given symbols and of earlier steps.
    values : dict of sympy.Symbol to number
        For the given symbols; a step that has a number here is not computed.

    Returns
    -------
    dict of sympy.Symbol to number
    """
    values = dict(values)
    for symbol, expression in steps:
        if symbol not in values:
            values[symbol] = number(expression, values)
    return values


def differ(first, second, values):
    """Return whether two expressions come to different finite numbers."""
    first, second = number(first, values), number(second, values)
    if not (first.is_finite and second.is_finite):
        return False
    return bool(abs(first - second) > sp.Float(10) ** -25 * (1 + abs(first) + abs(second)))
