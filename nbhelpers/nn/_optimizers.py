"""Optimizers: how a gradient becomes a step. Formulas and defaults are Keras'."""

import math

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import SettingError
from nbhelpers.nn._checks import check_shape


class _Optimizer:
    """What has a memory serves one network."""

    def __init__(self):
        self._params = {}

    def _check_same(self, params):
        """Raise if ``params`` are not those whose past steps are remembered by these names."""
        for name, param in params.items():
            if self._params.setdefault(name, param) is not param:
                raise SettingError(
                    f"this {type(self).__name__} has taken steps for another {name} and remembers "
                    "them; expected the same network at every step. Make a new optimizer for "
                    "each network."
                )


class SGD(_Optimizer):
    """Stochastic gradient descent, plain, with momentum, or with Nesterov's.

    Parameters
    ----------
    learning_rate : float, default=0.01
        May be changed between steps.
    momentum : float, default=0.0
        Share of the last step that is repeated, in [0, 1).
    nesterov : bool, default=False
        Take the gradient's part twice: once in the velocity, once beside it.

    References
    ----------
    Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning", 2013.

    Examples
    --------
    >>> x = np.array([1.0])
    >>> SGD(learning_rate=0.1).update({"x": x}, {"x": 2 * x})
    >>> x
    array([0.8])
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False):
        super().__init__()
        _validate.between("learning_rate", learning_rate, 0, math.inf)
        _validate.between("momentum", momentum, 0, 1)
        self.learning_rate, self.momentum, self.nesterov = learning_rate, momentum, nesterov
        self._velocity = {}

    def update(self, params, grads):
        """Take one step: change every array of ``params`` in place.

        Parameters
        ----------
        params, grads : dict of str to ndarray
            Same names, same shapes. Velocities are kept by name: one optimizer, one network.
        """
        if self.momentum:
            self._check_same(params)
        for name, param in params.items():
            grad = grads[name]
            check_shape(f"the gradient of {name}", grad, param.shape, "the parameter's shape")
            step = -self.learning_rate * grad
            if self.momentum:
                velocity = self.momentum * self._velocity.get(name, 0) + step
                self._velocity[name] = velocity
                step = self.momentum * velocity + step if self.nesterov else velocity
            param += step


class Adam(_Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    Parameters
    ----------
    learning_rate : float, default=0.001
        About the size of a step for each parameter. May be changed between steps.
    beta_1, beta_2 : float, default=0.9, 0.999
        Weight of the past in the two running means, in [0, 1).
    epsilon : float, default=1e-7
        Keeps the division finite. Keras' default, and added as in Keras, before the correction of
        the second mean ("epsilon hat" in the paper).

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__()
        _validate.between("learning_rate", learning_rate, 0, math.inf)
        _validate.between("beta_1", beta_1, 0, 1)
        _validate.between("beta_2", beta_2, 0, 1)
        _validate.between("epsilon", epsilon, 0, math.inf)
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.epsilon = epsilon
        self._steps = 0
        self._mean, self._square = {}, {}

    def update(self, params, grads):
        """Take one step: change every array of ``params`` in place.

        Parameters
        ----------
        params, grads : dict of str to ndarray
            Same names, same shapes. Means are kept by name: one optimizer, one network.
        """
        self._check_same(params)
        self._steps += 1
        # Both means start at 0; these factors make up for it.
        correction = math.sqrt(1 - self.beta_2**self._steps) / (1 - self.beta_1**self._steps)
        for name, param in params.items():
            grad = grads[name]
            check_shape(f"the gradient of {name}", grad, param.shape, "the parameter's shape")
            if name not in self._mean:
                self._mean[name], self._square[name] = np.zeros_like(param), np.zeros_like(param)
            mean, square = self._mean[name], self._square[name]
            mean += (1 - self.beta_1) * (grad - mean)
            square += (1 - self.beta_2) * (grad * grad - square)
            param -= self.learning_rate * correction * mean / (np.sqrt(square) + self.epsilon)
