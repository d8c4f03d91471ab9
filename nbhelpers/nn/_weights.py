"""The weights of a network as a list and as a file."""

import zipfile
from pathlib import Path

import numpy as np

from nbhelpers._files import written_whole
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

    def _weights(self):
        """Return parameters and state of all layers, in order; the arrays themselves."""
        return {
            f"{number}.{type(layer).__name__}.{name}": array
            for number, layer in enumerate(self.layers)
            for name, array in (layer.params | layer.state).items()
        }
