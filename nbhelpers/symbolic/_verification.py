"""SymPy differentiates, and every derivative that a derivation states is compared with it."""

import time
from dataclasses import dataclass

import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._kinks import check_kinks, find_kinks
from nbhelpers.symbolic._steps import LOSS, partial
from nbhelpers.symbolic._values import differ, number, small_points, values_along
from nbhelpers.symbolic._zero import in_blocks, is_zero, simplifies_to_zero

MAX_COST = 1_000_000  # of verifying, as `_check_cost` counts it: a minute of one core or less


@dataclass(frozen=True)
class Verification:
    """What `Derivation.verify` found; that it was returned means that no gradient is wrong.

    Attributes
    ----------
    simplified : tuple of sympy.Symbol
        For these the difference simplified to exactly 0: a proof.
    evaluated : tuple of sympy.Symbol
        For these SymPy could not decide; the difference is 0 to 40 digits at forty rational
        points in each branch, so on both sides of every kink: strong evidence, no proof.
    steps : int
        How many partial derivatives on the way were compared as well.
    kinks : int
        At how many kinks the values that the steps state were looked at, with numbers.
    seconds : float
        How long it took.
    """

    simplified: tuple
    evaluated: tuple
    steps: int
    kinks: int
    seconds: float

    def __str__(self):
        text = f"{len(self.simplified)} gradients minus SymPy's own: each simplifies to 0"
        if self.evaluated:
            text += f"; {len(self.evaluated)} more are 0 to 40 digits at rational points"
        return f"{text} ({self.seconds:.1f} s)."


class Verifiable:
    """Steps forward to a loss and back from it, whose derivatives SymPy can check."""

    def verify(self):
        """Let SymPy differentiate, and compare with every derivative here.

        SymPy differentiates the loss and each forward step by the symbols in it; the chain rule
        multiplies these slopes along each way from the loss to a symbol, and adds up the ways. The
        difference from the gradient here has to simplify to 0 wherever there is a derivative, and
        so for each partial derivative on the way to it. One that is proven stays a symbol in those
        that come after it, so the work grows with the number of steps, not with the length of the
        loss written out.

        At a kink, as of a ReLU at 0, there is no derivative, and each gradient is a convention.
        There the forward steps have to be continuous, and all gradients together have to lie
        between their limits from the two sides, at the same place for all: a subgradient. This is
        looked at with numbers, at random points of one kink at a time: at twelve or more, and at
        as many as it takes until each condition has turned over at three. Which subgradient it is,
        and what holds where several kinks meet, is compared with our NumPy in the tests.

        The cost is counted before it starts: operations in all steps times (steps + 25 kinks). For
        networks, convolutions and pooling it tells the seconds to within a factor of five; a
        softmax of many classes takes longer. Up to 1,000,000 are taken, a minute of one core or
        less: each network that `derive_network` derives, for example. A maximum has a kink for each
        pair of its pixels, so the windows of pooling have to be small.

        Returns
        -------
        Verification
            Which differences simplified to exactly 0, and which could only be evaluated.

        Raises
        ------
        DerivationError
            If a derivative is wrong, cannot be decided, or would cost too much to verify.
        """
        start = time.perf_counter()
        kinks = find_kinks(self.steps)
        self._check_cost(len(kinks))
        blocks = {step.symbol: in_blocks(step.expression) for step in self.steps}
        slopes = {
            step.symbol: {
                s: sp.diff(blocks[step.symbol], s) for s in blocks[step.symbol].free_symbols
            }
            for step in (*self.forward, self.loss)
        }
        self._refute(blocks, slopes)
        proven = self._prove(blocks, slopes)
        check_kinks(kinks, (*self.forward, self.loss), self.backward, self._points)
        wanted = {symbol: proven[partial(LOSS, symbol)] for symbol in self.parameters}
        return Verification(
            simplified=tuple(symbol for symbol, proof in wanted.items() if proof),
            evaluated=tuple(symbol for symbol, proof in wanted.items() if proof is None),
            steps=len(proven) - len(wanted),
            kinks=len(kinks),
            seconds=time.perf_counter() - start,
        )

    def _check_cost(self, kinks):
        """Raise if verifying would take too long."""
        operations = sum(int(sp.count_ops(step.expression)) for step in self.steps)
        cost = operations * (len(self.steps) + 25 * kinks)
        if cost > MAX_COST:
            msg = (
                f"{self.title}: found {len(self.steps)} steps, {operations} operations and {kinks} "
                f"kinks, which cost {cost:,} to verify; expected operations x (steps + 25 "
                f"kinks) to be at most {MAX_COST:,}. Derive something smaller."
            )
            raise DerivationError(msg)

    def _refute(self, blocks, slopes):
        """Raise if a derivative is wrong at one of three points: proofs need not be tried then."""
        points = [values_along(blocks.items(), point) for point in self._points(3)]
        at_points = [
            (values, {s: {t: number(e, values) for t, e in of.items()} for s, of in slopes.items()})
            for values in points
        ]
        for step, pair in self._derivatives():
            if any(
                differ(values[step.symbol], self._slope(*pair, {}, s)) for values, s in at_points
            ):
                raise DerivationError(self._wrong(step, *pair))

    def _prove(self, blocks, slopes):
        """Return for each derivative here whether it is proven: True, or None if only evaluated."""
        proven, names = {}, {}
        for step, pair in self._derivatives():
            (numerator, denominator), slope = pair, self._slope(*pair, names, slopes)
            of_loss = {name for (n, _), name in names.items() if n == LOSS}
            proof = self._is_zero(blocks[step.symbol] - slope, blocks, of_loss, denominator)
            if proof is False:
                raise DerivationError(self._wrong(step, *pair))
            if proof:
                names[pair] = step.symbol
                if slope == slopes.get(numerator, {}).get(denominator):  # there is no other way
                    slopes[numerator][denominator] = step.symbol
            proven[step.symbol] = proof
        return proven

    def _derivatives(self):
        """Return the steps that are named as partial derivatives, with what, and by what."""
        pairs = self._partials()
        return [(step, pairs[step.symbol]) for step in self.backward if step.symbol in pairs]

    def _partials(self):
        """Return for each name of a partial derivative what is differentiated, and by what."""
        given = [symbol for array in self.arrays.values() for symbol in array.flat]
        computed = [step.symbol for step in self.forward]
        names = {partial(n, d): (n, d) for n in (LOSS, *computed) for d in (*given, *computed)}
        return names | self.short_names

    def _points(self, count):
        """Return rational numbers for the given symbols, which fulfil the constraints."""
        given = [symbol for array in self.arrays.values() for symbol in array.flat]
        points = small_points(given, count)
        return [p | {s: e.xreplace(p) for s, e in self.constraints.items()} for p in points]

    def _is_zero(self, difference, blocks, proven, denominator):
        """Return whether a difference is 0, if need be with steps put in, the last ones first.

        The less is put in the better: proven derivatives stay as they are at first, and so do the
        loss and what comes before it, or at least what comes before the denominator.
        """
        tried = set()
        for kept, last in ((proven, LOSS), (set(), LOSS), (proven, denominator), (set(), None)):
            for remaining in self._put_in(difference, blocks, kept, last):
                if remaining not in tried and simplifies_to_zero(remaining):
                    return True
                tried.add(remaining)
        return is_zero(remaining)

    def _put_in(self, expression, blocks, kept, last):
        """Yield an expression with more and more steps put in, from the last one backwards."""
        expression = expression.xreplace(self.constraints)
        yield expression
        for step in reversed(self.steps):
            if step.symbol == last:
                return
            if step.symbol in expression.free_symbols - kept:
                expression = expression.xreplace({step.symbol: blocks[step.symbol]})
                expression = expression.xreplace(self.constraints)
                yield expression

    def _slope(self, numerator, denominator, names, slopes):
        """Return a derivative by the chain rule, step by step back from the numerator.

        `slopes` holds those of each step by the symbols in it; `names` those that are proven.
        """
        found = {numerator: sp.S.One}
        for step in reversed((*self.forward, self.loss)):
            if step.symbol == denominator:
                break
            if step.symbol in found:
                slope = names.get((numerator, step.symbol), found[step.symbol])
                for symbol, factor in slopes[step.symbol].items():
                    found[symbol] = found.get(symbol, 0) + slope * factor
        return found.get(denominator, sp.S.Zero)

    def _wrong(self, step, numerator, denominator):
        if numerator == LOSS and denominator in self.parameters:
            what = f"The gradient for {denominator} is not the derivative of the loss"
        else:
            what = f"The step for {denominator} is not the derivative of {numerator}"
        return f"{what}: found {step.expression}. Look at it and at the steps that lead to it."
