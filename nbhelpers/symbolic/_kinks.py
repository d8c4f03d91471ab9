"""At a kink there is no derivative; a value that is claimed there has to be a subgradient."""

import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._values import number, values_along
from nbhelpers.symbolic._zero import Indicator, in_blocks

STEP_ASIDE = sp.Rational(1, 10**30)  # from the kink: small against the 60 digits of a number
TOLERANCE = sp.Float(10) ** -20
POINTS = 12  # of each kink


def check_kinks(forward, backward, draw):
    """Raise unless at each kink what a derivation states fits what it states on both sides.

    Forward steps have to be continuous. Backward steps have to be a mixture of the values a hair's
    breadth to the left and to the right, the same mixture for all of them: a subgradient.

    Parameters
    ----------
    forward, backward : sequence of Step
    draw : callable
        ``draw(count)`` returns that many points, numbers for the given symbols.

    Returns
    -------
    int
        How many kinks there are.

    Raises
    ------
    DerivationError
        If a step does not fit, or a kink is out of reach.
    """
    kinks = {kink for step in (*forward, *backward) for kink in _kinks(step.expression)}
    for kink in sorted(kinks, key=str):
        for point in draw(POINTS):
            _check(kink, forward, backward, point)
    return len(kinks)


def _kinks(expression):
    """Return what is 0 where a condition in an expression turns over."""
    found = {block.args[0] for block in in_blocks(expression).atoms(Indicator)}
    found |= {c.lhs - c.rhs for c in expression.atoms(sp.core.relational.Relational)}
    return {-kink if kink.could_extract_minus_sign() else kink for kink in found}


def _check(kink, forward, backward, point):
    left, at, right = (
        values_along([(step.symbol, step.expression) for step in (*forward, *backward)], values)
        for values in _across(kink, point)
    )
    for step in forward:
        if max(abs(side[step.symbol] - at[step.symbol]) for side in (left, right)) > TOLERANCE:
            raise DerivationError(_message(step, kink, "the same", left, at, right))
    widest = max(backward, key=lambda step: abs(right[step.symbol] - left[step.symbol])).symbol
    share = 0
    if abs(right[widest] - left[widest]) > TOLERANCE:
        share = (at[widest] - left[widest]) / (right[widest] - left[widest])
    for step in backward:
        mixed = left[step.symbol] + share * (right[step.symbol] - left[step.symbol])
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
            return [values | {symbol: zero + side * STEP_ASIDE} for side in (-1, 0, 1)]
    raise DerivationError(
        f"Cannot find where {kink} is 0, so the kink there cannot be looked at; expected a "
        "condition that is linear in one of its symbols. Simplify what leads to it."
    )


def _message(step, kink, expected, left, at, right):
    found = [sp.N(side[step.symbol], 5) for side in (at, left, right)]
    return (
        f"At the kink, where {kink} is 0, the step for {step.symbol} gives {found[0]}; on its two "
        f"sides it gives {found[1]} and {found[2]}, so expected is {expected}. Look at "
        f"{step.expression}, at the condition and at its equals sign."
    )
