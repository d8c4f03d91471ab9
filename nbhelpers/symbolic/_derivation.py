"""What a derivation is: steps in order, each in terms of earlier ones, and what that allows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sympy as sp

from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._numbers import Computable
from nbhelpers.symbolic._steps import LOSS, Step, partial
from nbhelpers.symbolic._verification import Verifiable


@dataclass(frozen=True, eq=False)  # arrays of symbols have no one truth value
class Derivation(Verifiable, Computable):
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
