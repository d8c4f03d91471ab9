"""The steps of a derivation as a function on arrays of numbers."""

import math

import mpmath
import numpy as np
import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._steps import LOSS, partial


class Computable:
    """Steps forward to a loss and back from it, which can be computed."""

    def to_numpy(self):
        """Return the derivation as a function on arrays of numbers.

        Returns
        -------
        callable
            ``function(**arrays) -> loss, gradients``. It takes one array for each name in
            `arrays`, shaped alike, and gives a float and a dict with one float64 array for each
            name in `trainable`. Where float64 overflows, as in a saturated softmax, it computes
            with as many digits as are needed. It raises `DerivationError` for a missing or
            misshapen array, for targets that do not fulfil `constraints`, and where no number of
            digits (up to 6,400) gives finite numbers.
        """
        given = [symbol for array in self.arrays.values() for symbol in array.flat]
        wanted = [LOSS, *(partial(LOSS, symbol) for symbol in self.parameters)]
        evaluate = self._program(given, wanted, [{"erf": math.erf}, "numpy"])

        def function(**arrays):
            values = self._flat_values(arrays)
            with np.errstate(all="ignore"):  # what overflows is computed again
                loss, *flat = map(float, evaluate(*values))
            if not np.isfinite([loss, *flat]).all():
                loss, *flat = self._in_more_digits(given, wanted, values)
            gradients = {}
            for name in self.trainable:
                shape, size = self.arrays[name].shape, self.arrays[name].size
                gradients[name] = np.array(flat[:size]).reshape(shape)
                flat = flat[size:]
            return loss, gradients

        return function

    def _program(self, given, wanted, modules):
        """Return a function that takes the steps one after the other, those that are needed."""
        needed, steps = set(wanted), []
        for step in reversed(self.steps):
            if step.symbol in needed:
                needed |= step.expression.free_symbols
                steps.insert(0, step)
        names = {step.symbol: sp.Symbol(f"step_{k}") for k, step in enumerate(steps)}
        lines = [(names[step.symbol], step.expression.xreplace(names)) for step in steps]
        results = [names[symbol] for symbol in wanted]
        return sp.lambdify(given, results, modules=modules, cse=lambda _: (lines, results))

    def _in_more_digits(self, given, wanted, values):
        """Return the numbers, once twice the digits no longer change them."""
        evaluate, before = self._program(given, wanted, "mpmath"), None
        for digits in (50 * 2**k for k in range(8)):
            with mpmath.workdps(digits):
                try:
                    numbers = evaluate(*map(mpmath.mpf, values))
                except ZeroDivisionError:  # with more digits it may not be 0
                    numbers = [math.nan]
                found = [math.nan if isinstance(v, mpmath.mpc) else float(v) for v in numbers]
            if found == before and np.isfinite(found).all():
                return found
            before = found
        msg = (
            f"{self.title}: no numbers come out, even with {digits} digits; expected inputs at "
            "which loss and gradients are finite. Take less extreme ones."
        )
        raise DerivationError(msg)

    def _flat_values(self, arrays):
        expected = {name: array.shape for name, array in self.arrays.items()}
        found = {name: np.shape(array) for name, array in arrays.items()}
        if found != expected:
            msg = f"Arrays given: {found}. Expected are these names and shapes: {expected}."
            raise DerivationError(msg)
        values = np.concatenate([np.ravel(arrays[name]) for name in self.arrays]).astype(float)
        self._check_constraints(values)
        return values

    def _check_constraints(self, values):
        """Raise unless the numbers fulfil what the short form of a gradient takes for granted."""
        given = (symbol for array in self.arrays.values() for symbol in array.flat)
        numbers = dict(zip(given, values, strict=True))
        for symbol, required in self.constraints.items():
            expected = float(required.subs(numbers))
            if abs(numbers[symbol] - expected) > 1e-6:
                msg = (
                    f"{self.title}: {symbol} is {numbers[symbol]:g}; expected {required}, which is "
                    f"{expected:g}. The gradients hold for targets that sum to 1."
                )
                raise DerivationError(msg)
