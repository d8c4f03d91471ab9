"""The steps of a derivation with numbers in place of its symbols."""

import functools
import random

import sympy as sp

from nbhelpers.symbolic._zero import BLOCKS

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
    return _rounded(expression.xreplace(values))


def number_by_code(expression, values):
    """Return the same as `number`: slower at the first call, many times faster at the others."""
    return _rounded(sp.sympify(_function(expression)(values)))


def _rounded(value):
    return value if value.is_Rational else value.evalf(DIGITS)


@functools.lru_cache(maxsize=2000)
def _function(expression):
    """Return an expression as a Python function of a dict of numbers.

    Its own numbers are handed over too, as SymPy's own: Python would make a float of 1/3.
    """
    symbols = sorted(expression.free_symbols, key=str)
    names = {constant: sp.Dummy(real=True) for constant in expression.atoms(sp.Number)}
    given, body = [*symbols, *names.values()], expression.xreplace(names)
    function = sp.lambdify(given, body, modules=[BLOCKS, "sympy"])
    return lambda values: function(*(values[symbol] for symbol in symbols), *names)


def values_along(steps, values, evaluate=number):
    """Return the numbers that steps come to, together with those given.

    Parameters
    ----------
    steps : iterable of (sympy.Symbol, sympy.Expr)
        Each in terms of given symbols and of earlier steps.
    values : dict of sympy.Symbol to number
        For the given symbols; a step that has a number here is not computed.
    evaluate : {number, number_by_code}
        How.

    Returns
    -------
    dict of sympy.Symbol to number
    """
    values = dict(values)
    for symbol, expression in steps:
        if symbol not in values:
            values[symbol] = evaluate(expression, values)
    return values


def differ(first, second):
    """Return whether two numbers are finite and not the same.

    False clears nothing: who asks looks for a fault before a proof, which comes all the same.
    """
    if not (first.is_finite and second.is_finite):
        return False
    return bool(abs(first - second) > sp.Float(10) ** -25 * (1 + abs(first) + abs(second)))
