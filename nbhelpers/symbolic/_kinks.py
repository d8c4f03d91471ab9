"""At a kink there is no derivative; a value that is claimed there has to be a subgradient."""

import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._values import number, number_by_code, values_along

STEP_ASIDE = sp.Rational(1, 10**30)  # from the kink: small against the 60 digits of a number
TOLERANCE = sp.Float(10) ** -20
POINTS = 12  # of each kink, at least
TURNS = 3  # of these, at so many, at least, a condition turns over
WITH_BRANCHES = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside)


def find_kinks(steps):
    """Return what is 0 at each kink of some steps.

    Parameters
    ----------
    steps : sequence of Step

    Returns
    -------
    dict of sympy.Expr to list of sympy.Basic
        For each kink the conditions that depend on it.
    """
    kinks = {}
    for condition in {c for step in steps for c in _conditions(step.expression)}:
        for kink in _kinks(condition):
            kinks.setdefault(kink, []).append(condition)
    return kinks


def check_kinks(kinks, forward, backward, draw):
    """Raise unless at each kink what a derivation states fits what it states on both sides.

    Forward steps have to be continuous. Backward steps have to be a mixture of the values a hair's
    breadth to the left and to the right, the same mixture for all of them: a subgradient.

    Where two numbers are equal but a third is larger, their maximum is that third on both sides,
    and nothing can be seen. So points are drawn until the kink has decided each condition that
    depends on it at a few of them.

    Parameters
    ----------
    kinks : dict of sympy.Expr to list of sympy.Basic
        As `find_kinks` returns it.
    forward, backward : sequence of Step
    draw : callable
        ``draw(count)`` returns that many points, numbers for the given symbols.

    Raises
    ------
    DerivationError
        If a step does not fit, or a kink is out of reach.
    """
    points = draw(20 * POINTS)
    for kink, conditions in sorted(kinks.items(), key=str):
        _check_points(kink, conditions, forward, backward, points)


def _conditions(expression):
    """Return the conditions that choose between branches in an expression."""
    pieces = expression.rewrite(WITH_BRANCHES, sp.Piecewise).atoms(sp.Piecewise)
    return {condition for piece in pieces for _, condition in piece.args}


def _kinks(condition):
    """Return what is 0 where a condition may turn over."""
    found = {c.lhs - c.rhs for c in condition.atoms(sp.core.relational.Relational)}
    return {-kink if kink.could_extract_minus_sign() else kink for kink in found}


def _check_points(kink, conditions, forward, backward, points):
    """Raise unless all is well at the kink; `conditions` are those that depend on it."""
    steps = [(step.symbol, step.expression) for step in (*forward, *backward)]
    looked_at, turns = 0, dict.fromkeys(conditions, 0)
    for point in points:
        left, at, right = sides = [
            values_along(steps, values, number_by_code) for values in _across(kink, point)
        ]
        if not all(value.is_real for side in sides for value in side.values()):
            continue  # outside of what a logarithm, say, is defined for
        _check_forward(kink, forward, left, at, right)
        _check_backward(kink, backward, left, at, right)
        looked_at += 1
        for condition in conditions:
            turns[condition] += len({condition.xreplace(side) for side in sides}) > 1
        if looked_at >= POINTS and min(turns.values()) >= TURNS:
            return
    rarest = min(turns, key=turns.get)
    raise DerivationError(
        f"The kink where {kink} is 0 is out of reach: of {len(points)} points there {looked_at} "
        f"give real numbers, and at {turns[rarest]} it decides whether {rarest}; expected {POINTS} "
        f"and {TURNS} or more. Simplify this condition."
    )


def _check_forward(kink, forward, left, at, right):
    for step in forward:
        if max(abs(side[step.symbol] - at[step.symbol]) for side in (left, right)) > TOLERANCE:
            raise DerivationError(_message(step, kink, "the same", left, at, right))


def _check_backward(kink, backward, left, at, right):
    jumps = {step.symbol: right[step.symbol] - left[step.symbol] for step in backward}
    widest, share = max(jumps, key=lambda symbol: abs(jumps[symbol])), 0
    if abs(jumps[widest]) > TOLERANCE:
        share = (at[widest] - left[widest]) / jumps[widest]
    for step in backward:
        mixed = left[step.symbol] + share * jumps[step.symbol]
        if abs(at[step.symbol] - mixed) > TOLERANCE or not -TOLERANCE <= share <= 1 + TOLERANCE:
            expected = "one between them, as near to either as for the other gradients"
            raise DerivationError(_message(step, kink, expected, left, at, right))


def _across(kink, point):
    """Return numbers just left of the kink, at it, and just right of it.

    All symbols of the kink are set, computed ones too: what is claimed of a step holds whatever
    came before it.
    """
    symbols = sorted(kink.free_symbols, key=str)
    drawn = list(point.values())
    values = point | {s: point.get(s, drawn[i % len(drawn)]) for i, s in enumerate(symbols)}
    for symbol in symbols:
        slope = sp.diff(kink, symbol)
        if slope.free_symbols.isdisjoint({symbol}) and number(slope, values) != 0:
            zero = values[symbol] - number(kink, values) / number(slope, values)
            if not zero.is_Rational:  # not exactly on the kink
                continue
            return [values | {symbol: zero + side * STEP_ASIDE} for side in (-1, 0, 1)]
    raise DerivationError(
        f"Cannot find where {kink} is 0, so the kink there cannot be looked at; expected a "
        "condition that is linear, with rational numbers, in a symbol. Simplify what leads to it."
    )


def _message(step, kink, expected, left, at, right):
    found = [sp.N(side[step.symbol], 5) for side in (at, left, right)]
    return (
        f"At the kink, where {kink} is 0, the step for {step.symbol} gives {found[0]}; on its two "
        f"sides it gives {found[1]} and {found[2]}, so expected is {expected}. Look at "
        f"{step.expression}, at the condition and at its equals sign."
    )
