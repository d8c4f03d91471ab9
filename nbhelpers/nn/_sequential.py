"""A network of layers, one after the other: trains, predicts, saves itself."""

import os
import zipfile
from pathlib import Path

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import SettingError, ShapeError, WeightsError
from nbhelpers.nn._checks import check_array
from nbhelpers.nn._losses import LOSSES

ONLY_FROM_LOGITS = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}
PREDICTION_BATCH = 256  # images; the patches of a convolution stay small


class Sequential:
    """Layers in a row, each fed by the one before.

    Parameters
    ----------
    layers : list of Layer
    input_shape : tuple of int
        Of one example, without the batch axis: (height, width, channels) or (features,).
    seed : int, default=0
        Of the one generator that draws first weights, dropout and the order of the batches.
    dtype : {"float32", "float64"}, default="float32"

    Attributes
    ----------
    layers : list of Layer
    params : dict of str to ndarray
        All parameters that the optimizer changes, by "number.layer.name", such as
        "0.Conv2D.kernel".

    Examples
    --------
    >>> from nbhelpers.nn import Dense
    >>> model = Sequential([Dense(3, "relu"), Dense(1)], input_shape=(2,))
    >>> model.predict(np.zeros((4, 2))).shape
    (4, 1)
    """

    def __init__(self, layers, input_shape, seed=0, dtype="float32"):
        _validate.choice("dtype", dtype, ("float32", "float64"))
        if not layers:
            raise SettingError("layers is empty; expected at least one layer.")
        if len(set(map(id, layers))) < len(layers):
            raise SettingError("layers holds one layer twice; expected a new object for each.")
        self.layers, self.input_shape, self.dtype = list(layers), tuple(input_shape), dtype
        self._rng = np.random.default_rng(seed)
        self._output_shapes = []
        shape = self.input_shape
        for layer in self.layers:
            shape = layer.build(shape, self._rng, dtype)
            self._output_shapes.append(shape)

    @property
    def params(self):
        """Parameters of all layers by "number.layer.name"; the arrays themselves, not copies."""
        return self._gather("params")

    @property
    def grads(self):
        """Their gradients after the last backward pass, under the same names."""
        return self._gather("grads")

    def count_params(self):
        """Return the number of parameters that the optimizer changes.

        Returns
        -------
        int
        """
        return sum(param.size for param in self.params.values())

    def forward(self, x, training=False):
        """Send a batch through all layers.

        Parameters
        ----------
        x : ndarray of shape (batch, *input_shape)
        training : bool, default=False
            Whether `backward` follows.

        Returns
        -------
        ndarray of shape (batch, ...)
            What the last layer returns.
        """
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dout):
        """Send the loss's gradient back through all layers, filling their ``grads``.

        Parameters
        ----------
        dout : ndarray
            Gradient of the loss with respect to the last layer's output.
        """
        for layer in reversed(self.layers[1:]):
            dout = layer.backward(dout)
        self.layers[0].backward(dout, input_gradient=False)

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
        ShapeError, DtypeError, NaNError, LabelError, SettingError
            If data, labels or settings cannot be used.
        """
        x, y = self._check_data(x, y)
        self._check_loss(loss)
        _validate.whole("batch_size", batch_size)
        _validate.whole("epochs", epochs)
        history = {}
        with _progress_bar(epochs * -(-len(x) // batch_size), progress) as bar:
            for _ in range(epochs):
                order = self._rng.permutation(len(x)) if shuffle else np.arange(len(x))
                measured = self._fit_epoch(x, y, order, loss, optimizer, batch_size, bar)
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
            If the loss is unknown, or applies the last layer's activation again.
        """
        self._check_loss(loss)
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

    def summary(self):
        """Return a table of layers, output shapes and parameter counts, to be printed.

        Returns
        -------
        str
        """
        rows = [
            (type(layer).__name__, str(shape), f"{sum(p.size for p in layer.params.values()):,}")
            for layer, shape in zip(self.layers, self._output_shapes, strict=True)
        ]
        rows = [
            ("layer", "output shape", "parameters"),
            *rows,
            ("", "", f"{self.count_params():,}"),
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {count:>{widths[2]}}"
            for name, shape, count in rows
        )

    def get_weights(self):
        """Return copies of all weights, in the order of ``keras.Model.get_weights``.

        Returns
        -------
        list of ndarray
            Layer by layer: parameters, then moving averages.
        """
        return [array.copy() for array in self._weights().values()]

    def set_weights(self, weights):
        """Copy weights into the network, from `get_weights` or from the same network in Keras.

        Parameters
        ----------
        weights : list of ndarray

        Raises
        ------
        WeightsError
            If a weight is missing, is one too many, or has another shape.
        """
        own = self._weights()
        found = [np.shape(array) for array in weights]
        expected = [array.shape for array in own.values()]
        if found != expected:
            raise WeightsError(f"weights have shapes {found}; expected {expected}.")
        for array, new in zip(own.values(), weights, strict=True):
            array[...] = new

    def save(self, path):
        """Save all weights as an .npz file, whole or not at all.

        Parameters
        ----------
        path : path-like
            Ends in .npz.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise WeightsError(f"{path} does not end in .npz; expected a name that does.")
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                np.savez(file, **self._weights())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def load(self, path):
        """Load weights that `save` wrote for a network of the same layers.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        WeightsError
            If the file is missing or damaged, or if a name, shape or dtype differs.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                weights = dict(file)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as error:
            raise WeightsError(
                f"{path} holds no weights ({error}); expected an .npz file that save wrote."
            ) from error
        own = self._weights()
        found, expected = (
            {name: f"{array.dtype}{list(array.shape)}" for name, array in arrays.items()}
            for arrays in (weights, own)
        )
        if found != expected:
            wrong = dict(set(found.items()) - set(expected.items()))
            missing = dict(set(expected.items()) - set(found.items()))
            raise WeightsError(
                f"{path} does not fit this network: found {wrong}, expected {missing}. "
                "Build the network with the layers and dtype it was saved with."
            )
        for name, array in own.items():
            array[...] = weights[name]

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

    def _check_x(self, x):
        """Return ``x`` in the network's dtype, or raise unless it fits the first layer."""
        check_array("x", x)
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

    def _gather(self, kind):
        """Return one of the layers' dicts for all layers, by "number.layer.name"."""
        return {
            f"{number}.{type(layer).__name__}.{name}": array
            for number, layer in enumerate(self.layers)
            for name, array in getattr(layer, kind).items()
        }

    def _weights(self):
        """Return parameters and state of all layers, in order; the arrays themselves."""
        return {
            f"{number}.{type(layer).__name__}.{name}": array
            for number, layer in enumerate(self.layers)
            for name, array in (layer.params | layer.state).items()
        }


def _accuracy(outputs, y, loss):
    """Return the share of right answers; nothing if the loss is a regression's."""
    classify = LOSSES[loss][2]
    if classify is None:
        return {}
    y = y.argmax(axis=1) if loss == "categorical_crossentropy" and y.ndim == 2 else y
    return {"accuracy": float(np.mean(classify(outputs) == y))}


def _progress_bar(total, progress):
    from tqdm import tqdm  # tqdm.auto warns where ipywidgets is missing

    return tqdm(total=total, unit="batch", disable=not progress)
