"""What a derivation is: steps in order, each in terms of earlier ones, and what that allows."""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import mpmath
import numpy as np
import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._kinks import check_kinks, find_kinks
from nbhelpers.symbolic._values import differ, number, small_points, values_along
from nbhelpers.symbolic._zero import in_blocks, is_zero, simplifies_to_zero

LOSS = sp.Symbol("L", real=True)
MAX_COST = 1_000_000  # of verifying, as `_check_cost` counts it: a minute of one core or less


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


@dataclass(frozen=True, eq=False)  # arrays of symbols have no one truth value
class Derivation:
    r"""A forward pass, a loss, and its gradients step by step.

    Attributes
    ----------
    title : str
        What is derived.
    arrays : dict of str to ndarray of sympy.Symbol
        The given symbols, in arrays shaped as in `nbhelpers.nn`.
    trainable : tuple of str
        The names in `arrays` whose gradients are derived.
    forward, backward : tuple of Step
        From the given symbols to the outputs, and from the loss back to the gradients.
    loss : Step
        The loss in terms of the outputs.
    constraints : dict of sympy.Symbol to sympy.Expr
        What the given symbols fulfil, for example that targets sum to one.
    short_names : dict of sympy.Symbol to tuple of sympy.Symbol
        Partial derivatives with a name of their own: what is differentiated, and by what.

    Examples
    --------
    >>> from nbhelpers import symbolic
    >>> derivation = symbolic.derive_network(sizes=(1, 1), activations=["sigmoid"])
    >>> print(derivation.latex(derivation.backward[:2]))
    \begin{aligned}
    \frac{\partial L}{\partial a^{(1)}_{1}} &= 2 \left(a^{(1)}_{1} - y_{1}\right)
        && \text{derivative of the squared error} \\
    \frac{\partial a^{(1)}_{1}}{\partial z^{(1)}_{1}} &= a^{(1)}_{1} \left(1 - a^{(1)}_{1}\right)
        && \text{derivative of the sigmoid}
    \end{aligned}
    >>> loss, gradients = derivation.to_numpy()(x=[0], y=[1], kernel_1=[[5]], bias_1=[0])
    >>> loss, gradients["bias_1"]
    (0.25, array([-0.25]))
    """

    title: str
    arrays: dict
    trainable: tuple
    forward: tuple
    loss: Step
    backward: tuple
    constraints: dict = field(default_factory=dict)
    short_names: dict = field(default_factory=dict)

    @property
    def steps(self):
        """All steps in order."""
        return (*self.forward, self.loss, *self.backward)

    @property
    def parameters(self):
        """The symbols whose gradients are derived, as a flat tuple."""
        return tuple(symbol for name in self.trainable for symbol in self.arrays[name].flat)

    @property
    def gradients(self):
        """Each of `parameters` with its gradient, in terms of earlier symbols."""
        found = {step.symbol: step.expression for step in self.backward}
        return {symbol: found[partial(LOSS, symbol)] for symbol in self.parameters}

    def latex(self, part="all"):
        r"""Return steps as one aligned block of LaTeX, each with its reason.

        Parameters
        ----------
        part : {"all", "forward", "loss", "backward", "gradients"} or iterable of Step
            What to show; any steps of your choice make a block too.

        Returns
        -------
        str
            ``\begin{aligned} ... \end{aligned}``, without dollar signs.
        """
        wanted = {partial(LOSS, symbol) for symbol in self.parameters}
        parts = {
            "all": self.steps,
            "forward": self.forward,
            "loss": [self.loss],
            "backward": self.backward,
            "gradients": [step for step in self.backward if step.symbol in wanted],
        }
        steps = parts.get(part) if isinstance(part, str) else part
        if not isinstance(steps, Iterable):
            msg = f"No part {part!r}: take one of {', '.join(parts)}, or some steps."
            raise DerivationError(msg)
        lines = " \\\\\n".join(step.latex() for step in steps)
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    def _repr_latex_(self):
        return f"$\\displaystyle {self.latex()}$"

    def substituted(self, expression):
        """Return an expression with every step put in, down to the given symbols.

        Parameters
        ----------
        expression : sympy.Expr
            In terms of any symbols of this derivation.

        Returns
        -------
        sympy.Expr
            In terms of `arrays` alone.
        """
        return sp.sympify(expression).xreplace(self._down_to_given())

    def _down_to_given(self, prepare=lambda expression: expression):
        """Return what each symbol is in terms of the given ones."""
        known = dict(self.constraints)
        for step in self.steps:
            known[step.symbol] = prepare(step.expression).xreplace(known)
        return known

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

    def to_numpy(self):
        """Return the derivation as a function on arrays of numbers.

        Returns
        -------
        callable
            ``function(**arrays) -> loss, gradients``. It takes one array for each name in
            `arrays`, shaped alike, and gives a float and a dict with one float64 array for each
            name in `trainable`. Where float64 overflows, as in a saturated softmax, it computes
            with as many digits as are needed. It raises `DerivationError` for a missing or
            misshapen array, and where no number of digits (up to 6,400) gives finite numbers.
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
        return np.concatenate([np.ravel(arrays[name]) for name in self.arrays]).astype(float)
