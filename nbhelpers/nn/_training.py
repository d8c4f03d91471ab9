"""What a network needs to learn and to answer: it trains, measures itself, predicts."""

from contextlib import contextmanager

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import NaNError, SettingError, ShapeError
from nbhelpers.nn._checks import check_array
from nbhelpers.nn._losses import LOSSES

ONLY_FROM_LOGITS = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}
PREDICTION_BATCH = 256  # images; the patches of a convolution stay small


class Trainable:
    """A network that can `forward` and `backward`, and so learn from data."""

    def fit(
        self,
        x,
        y,
        *,
        loss,
        optimizer,
        batch_size=32,
        epochs=1,
        validation=None,
        shuffle=True,
        progress=False,
    ):
        """Train.

        Parameters
        ----------
        x : ndarray of shape (n, *input_shape)
            Floats, cast to the network's dtype.
        y : ndarray of shape (n,) or (n, ...)
            What the loss takes.
        loss : {"mean_squared_error", "binary_crossentropy", "categorical_crossentropy"}
            The cross-entropies take logits: end the network without sigmoid or softmax.
        optimizer : SGD or Adam
        batch_size : int, default=32
            The last batch of an epoch may be smaller.
        epochs : int, default=1
        validation : tuple of ndarray, optional
            ``x, y`` to evaluate after every epoch, under ``val_*`` in the history.
        shuffle : bool, default=True
            Draw a new order of the examples for every epoch.
        progress : bool, default=False
            Show a progress bar.

        Returns
        -------
        dict of str to list of float
            ``loss`` and, unless the loss is a regression's, ``accuracy``: means over the epoch
            *while* the network learns, dropout included, as in Keras. ``val_loss`` and
            ``val_accuracy`` are measured after it.

        Raises
        ------
        ShapeError, DtypeError, LabelError, SettingError
            If data, labels or settings cannot be used.
        NaNError
            If the data hold NaN or infinity, or if training diverges; names the epoch.
        """
        x, y = self._check_data(x, y)
        self._check_loss(loss)
        _validate.whole("batch_size", batch_size)
        _validate.whole("epochs", epochs)
        is_pair = isinstance(validation, tuple | list) and len(validation) == 2
        if validation is not None and not is_pair:
            raise SettingError(
                f"validation is a {type(validation).__name__} of another form; expected two arrays "
                "x, y. `training.split_validation` makes them."
            )
        history = {}
        with _progress_bar(epochs * -(-len(x) // batch_size), progress) as bar:
            for epoch in range(1, epochs + 1):
                order = self._rng.permutation(len(x)) if shuffle else np.arange(len(x))
                with _naming(epoch):
                    measured = self._fit_epoch(x, y, order, loss, optimizer, batch_size, bar)
                    self._check_params()
                    if validation is not None:
                        values = self.evaluate(*validation, loss=loss)
                        measured |= {f"val_{name}": value for name, value in values.items()}
                for name, value in measured.items():
                    history.setdefault(name, []).append(value)
        return history

    def train_on_batch(self, x, y, *, loss, optimizer):
        """Take one step: forward, loss, backward, update.

        Parameters
        ----------
        x, y : ndarray
            One batch, as in `fit`, in the network's dtype.
        loss : str
            As in `fit`.
        optimizer : SGD or Adam

        Returns
        -------
        dict of str to float
            ``loss`` and, unless the loss is a regression's, ``accuracy``, before the step.

        Raises
        ------
        SettingError
            If the loss is unknown, or applies the last layer's activation again; if the optimizer
            is none.
        """
        self._check_loss(loss)
        if isinstance(optimizer, type) or not callable(getattr(optimizer, "update", None)):
            raise SettingError(
                f"optimizer is {optimizer!r}; expected one that has been made, such as "
                "nn.Adam(0.001)."
            )
        loss_forward, loss_backward, _ = LOSSES[loss]
        outputs = self.forward(x, training=True)
        value, cache = loss_forward(outputs, y)
        self.backward(loss_backward(cache))
        optimizer.update(self.params, self.grads)
        return {"loss": value} | _accuracy(outputs, y, loss)

    def evaluate(self, x, y, *, loss):
        """Measure the loss and, unless it is a regression's, the accuracy.

        Parameters
        ----------
        x, y : ndarray
            As in `fit`.
        loss : str
            As in `fit`.

        Returns
        -------
        dict of str to float
        """
        x, y = self._check_data(x, y)
        self._check_loss(loss)
        outputs = self.predict(x)
        return {"loss": LOSSES[loss][0](outputs, y)[0]} | _accuracy(outputs, y, loss)

    def predict(self, x, batch_size=PREDICTION_BATCH):
        """Return the last layer's output for every example.

        Parameters
        ----------
        x : ndarray of shape (n, *input_shape)
            Floats, cast to the network's dtype.
        batch_size : int, default=256
            Examples at a time; changes memory and time, not the result.

        Returns
        -------
        ndarray of shape (n, ...)
        """
        x = self._check_x(x)
        _validate.whole("batch_size", batch_size)
        starts = range(0, len(x), batch_size)
        return np.concatenate([self.forward(x[at : at + batch_size]) for at in starts])

    def _fit_epoch(self, x, y, order, loss, optimizer, batch_size, bar):
        """Train on every example once; return the means over the epoch."""
        sums = {}
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            measured = self.train_on_batch(x[batch], y[batch], loss=loss, optimizer=optimizer)
            for name, value in measured.items():
                sums[name] = sums.get(name, 0) + value * len(batch)
            bar.update()
        return {name: total / len(order) for name, total in sums.items()}

    def _check_params(self):
        """Raise if a step has made a parameter infinite or NaN."""
        for name, param in self.params.items():
            if not np.isfinite(param).all():
                raise NaNError(
                    f"{name} holds NaN or infinity; expected finite numbers. The learning rate may "
                    "be so large that training diverged."
                )

    def _check_x(self, x):
        """Return ``x`` in the network's dtype, or raise unless it fits the first layer."""
        check_array("x", x)
        if np.isinf([x.min(), x.max()]).any():
            raise NaNError(
                f"x of shape {x.shape} holds infinity; expected finite numbers. Look for a "
                "division by 0, such as by the spread of a feature that is always the same."
            )
        if x.shape[1:] != self.input_shape:
            expected = ", ".join(map(str, ("batch", *self.input_shape)))
            raise ShapeError(f"x has shape {x.shape}; expected ({expected}).")
        return x.astype(self.dtype, copy=False)

    def _check_data(self, x, y):
        """Return ``x`` and ``y`` as arrays, or raise unless they fit each other."""
        x, y = self._check_x(x), np.asarray(y)
        if y.shape[:1] != x.shape[:1]:
            raise ShapeError(
                f"y has shape {y.shape}; expected {len(x)} labels, as x has shape {x.shape}."
            )
        return x, y

    def _check_loss(self, loss):
        """Raise unless the loss is known and fits the last layer."""
        _validate.choice("loss", loss, LOSSES)
        last = getattr(self.layers[-1], "activation", None)
        last = getattr(last, "activation", last)  # an Activation, or a layer that has one
        if last is not None and last == ONLY_FROM_LOGITS.get(loss):
            raise SettingError(
                f"the last layer's activation is {last!r}, and {loss} applies it again; expected "
                "logits. Leave the activation out."
            )


def _accuracy(outputs, y, loss):
    """Return the share of right answers; nothing if the loss is a regression's."""
    classify, y = LOSSES[loss][2], np.asarray(y)
    if classify is None:
        return {}
    if loss == "binary_crossentropy":
        y = y > 0.5  # what is more likely, where labels are probabilities
    elif y.ndim == 2:
        y = y.argmax(axis=1)
    return {"accuracy": float(np.mean(classify(outputs) == y))}


@contextmanager
def _naming(epoch):
    """Say in which epoch the numbers ended."""
    try:
        yield
    except NaNError as error:
        raise NaNError(f"training stopped in epoch {epoch}: {error}") from error


def _progress_bar(total, progress):
    from tqdm import tqdm  # tqdm.auto warns where ipywidgets is missing

    return tqdm(total=total, unit="batch", disable=not progress)
