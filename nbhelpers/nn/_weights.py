"""The weights of a network as a list and as a file."""

from pathlib import Path

import numpy as np

from nbhelpers._files import read_npz, written_whole
from nbhelpers.errors import WeightsError


class Saveable:
    """A network with ``layers``, whose weights can be read, replaced, saved and loaded."""

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
            If a weight is missing, is one too many, has another shape, or holds no numbers; then
            the network keeps all that it has.
        """
        own = self._weights()
        try:
            weights = [np.asarray(array) for array in weights]
        except (TypeError, ValueError) as error:
            raise WeightsError(f"weights hold no arrays ({error}); expected a list.") from error
        found = [array.shape for array in weights]
        expected = [array.shape for array in own.values()]
        if found != expected:
            raise WeightsError(f"weights have shapes {found}; expected {expected}.")
        kinds = sorted({str(array.dtype) for array in weights if array.dtype.kind not in "fiu"})
        if kinds:
            raise WeightsError(f"weights hold {', '.join(kinds)}; expected real numbers.")
        self._replace(own, weights)

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
        with written_whole(path) as file:
            np.savez(file, **self._weights())

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
        own = self._weights()
        try:
            # Room enough for another network's, so that the message can say what they are.
            weights = read_npz(path, 2 * sum(array.nbytes for array in own.values()) + 2**20)
        except Exception as error:  # unpacking raises nearly anything on damaged bytes
            raise WeightsError(
                f"{path} holds no weights ({error}); expected an .npz file that save wrote for "
                "this network."
            ) from error
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
        self._replace(own, [weights[name] for name in own])

    def _replace(self, own, weights):
        """Copy weights that fit."""
        for array, new in zip(own.values(), weights, strict=True):
            array[...] = new
        self._home.learned = True

    def _weights(self):
        """Return parameters and state of all layers, in order; the arrays themselves."""
        return {
            f"{number}.{type(layer).__name__}.{name}": array
            for number, layer in enumerate(self.layers)
            for name, array in (layer.params | layer.state).items()
        }
