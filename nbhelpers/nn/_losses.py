"""Losses: one number that says how far the outputs are from the truth.

Each forward returns ``(loss, cache)``, its backward the gradient with respect to the outputs. The
cross-entropies take logits, not probabilities: they stay exact where a probability would round to
0 or 1, and their gradient is simply "probability minus truth".
"""

import numpy as np

from nbhelpers.errors import LabelError, ShapeError
from nbhelpers.nn._activations import _below_largest, _sigmoid, _softmax
from nbhelpers.nn._checks import check_array


def mean_squared_error(y_pred, y_true):
    """Mean squared error over batch and units, as ``"mse"`` in Keras.

    Parameters
    ----------
    y_pred : ndarray of shape (batch, units)
        float32 or float64.
    y_true : ndarray of shape (batch, units)

    Returns
    -------
    loss : float
    cache : ndarray
        What `mean_squared_error_backward` needs; treat it as opaque.

    Examples
    --------
    >>> mean_squared_error(np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]]))[0]
    2.0
    """
    check_array("y_pred", y_pred, ("batch", "units"))
    difference = y_pred - _targets(y_true, "y_true", y_pred, "y_pred")
    with np.errstate(over="ignore"):
        loss = float(np.mean(difference * difference))
    if np.isinf(loss):  # in float32 the square of 1e20 is
        loss = float(np.mean(np.square(difference, dtype="float64")))
    return loss, difference


def mean_squared_error_backward(cache):
    """Return the gradient with respect to ``y_pred``: ``2 * (y_pred - y_true) / size``.

    Parameters
    ----------
    cache : ndarray
        From `mean_squared_error`.

    Returns
    -------
    dy_pred : ndarray of shape (batch, units)
    """
    return 2 * cache / cache.size


def binary_crossentropy(logits, y):
    """Cross-entropy of independent yes-or-no questions on logits, mean over batch and units.

    Parameters
    ----------
    logits : ndarray of shape (batch, units)
        Before the sigmoid; float32 or float64.
    y : ndarray of shape (batch, units)
        0 or 1, or a probability between them.

    Returns
    -------
    loss : float
    cache : tuple
        What `binary_crossentropy_backward` needs; treat it as opaque.

    Raises
    ------
    LabelError
        If a label lies outside [0, 1].

    Notes
    -----
    ``-y log(sigmoid(z)) - (1 - y) log(1 - sigmoid(z))`` is computed as ``max(z, 0) - z * y +
    log(1 + exp(-|z|))``, which never overflows and never takes the logarithm of 0.
    """
    check_array("logits", logits, ("batch", "units"))
    y = _targets(y, "y", logits, "logits")
    if y.min() < 0 or y.max() > 1:
        raise LabelError(f"y holds labels from {y.min():g} to {y.max():g}; expected 0 to 1.")
    with np.errstate(invalid="ignore"):
        losses = np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits)))
    if np.isnan(losses.min()):  # of infinite logits, that is, of answers given for sure
        losses = np.where(np.isinf(logits), np.where(y == (logits > 0), 0, np.inf), losses)
    return float(losses.mean()), (logits, y)


def binary_crossentropy_backward(cache):
    """Return the gradient with respect to the logits: ``(sigmoid(logits) - y) / size``.

    Parameters
    ----------
    cache : tuple
        From `binary_crossentropy`.

    Returns
    -------
    dlogits : ndarray of shape (batch, units)
    """
    logits, y = cache
    return (_sigmoid(logits) - y) / logits.size


def softmax(logits):
    """Return the probabilities that `categorical_crossentropy` compares with the classes.

    Parameters
    ----------
    logits : ndarray of shape (..., classes)
        float32 or float64. -inf masks a class.

    Returns
    -------
    ndarray, shaped like ``logits``
        Positive numbers that sum to one along the last axis: ``exp(z) / sum(exp(z))``.
    """
    check_array("logits", logits)
    return _softmax(logits)


def categorical_crossentropy(logits, y):
    """Cross-entropy of one question with several answers on logits, mean over the batch.

    Parameters
    ----------
    logits : ndarray of shape (batch, classes)
        Before the softmax; float32 or float64. -inf masks a class.
    y : ndarray of shape (batch,) or (batch, classes)
        Class indices from 0 to ``classes - 1``, integers; or one-hot rows (or probabilities).

    Returns
    -------
    loss : float
    cache : tuple
        What `categorical_crossentropy_backward` needs; treat it as opaque.

    Raises
    ------
    LabelError
        If a class index is out of range or no integer, or a row of probabilities does not sum to 1.

    Examples
    --------
    >>> loss, cache = categorical_crossentropy(np.array([[1000.0, 0.0]]), np.array([1]))
    >>> loss
    1000.0
    """
    check_array("logits", logits, ("batch", "classes"))
    y_onehot = _one_hot(y, logits)
    shifted = _below_largest(logits)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    # Only where the truth is: a class that is masked by -inf would give -inf * 0, which is NaN.
    of_truth = np.multiply(shifted, y_onehot, out=np.zeros_like(shifted), where=y_onehot > 0)
    losses = log_sum - of_truth.sum(axis=1)
    return float(losses.mean()), (logits, y_onehot)


def categorical_crossentropy_backward(cache):
    """Return the gradient with respect to the logits: ``(softmax(logits) - y_onehot) / batch``.

    Parameters
    ----------
    cache : tuple
        From `categorical_crossentropy`.

    Returns
    -------
    dlogits : ndarray of shape (batch, classes)
    """
    logits, y_onehot = cache
    return (_softmax(logits) - y_onehot) / len(logits)


def _targets(y, name, outputs, outputs_name):
    """Return ``y`` in the dtype of the outputs, or raise unless it has their shape."""
    y = np.asarray(y)
    if y.shape != outputs.shape:
        raise ShapeError(
            f"{name} has shape {y.shape}; expected {outputs.shape}, the shape of {outputs_name}."
        )
    y = y.astype(outputs.dtype, copy=False)
    check_array(name, y)
    return y


def _one_hot(y, logits):
    """Return one row of probabilities an example, from class indices or from such rows."""
    y = np.asarray(y)
    batch, classes = logits.shape
    if y.ndim == 2:
        y = _targets(y, "y", logits, "logits")
        if y.min() < 0 or not np.allclose(y.sum(axis=1), 1, atol=1e-3):
            raise LabelError(
                f"y of shape {y.shape} has rows that are no probabilities; expected numbers of at "
                "least 0 that sum to 1 in each row."
            )
        return y
    if y.shape != (batch,):
        raise ShapeError(
            f"y has shape {y.shape}; expected ({batch},) class indices or {logits.shape} one-hot "
            f"rows, as logits has shape {logits.shape}."
        )
    if y.dtype.kind not in "iu":
        raise LabelError(f"y of shape {y.shape} holds {y.dtype}; expected integer class indices.")
    if y.min() < 0 or y.max() >= classes:
        raise LabelError(
            f"y holds class indices from {y.min()} to {y.max()}; expected 0 to {classes - 1}, as "
            f"logits has shape {logits.shape}."
        )
    return np.eye(classes, dtype=logits.dtype)[y]


def _largest(outputs):
    """Return the class with the largest output."""
    return outputs.argmax(axis=1)


def _positive(outputs):
    """Return 1 where a logit is positive, that is where its probability is above one half."""
    return (outputs > 0).astype(np.int64)


# name -> (loss, its gradient, how outputs become classes; None for a regression)
LOSSES = {
    "mean_squared_error": (mean_squared_error, mean_squared_error_backward, None),
    "binary_crossentropy": (binary_crossentropy, binary_crossentropy_backward, _positive),
    "categorical_crossentropy": (
        categorical_crossentropy,
        categorical_crossentropy_backward,
        _largest,
    ),
}
