"""One gradient, four ways: our NumPy, SymPy's formula, TensorFlow, and finite differences.

Four routes that share no code. NumPy runs the layers of `nbhelpers.nn`; SymPy's derivations become
functions; TensorFlow differentiates its own layers with a `GradientTape`; finite differences know
no calculus at all. All in float64, on random numbers, so what is left is rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nbhelpers import nn, symbolic
from nbhelpers.errors import DerivationError

__all__ = ["FourWays", "compare", "names", "table"]

ROUTES = ("NumPy", "SymPy", "TensorFlow", "finite differences")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "softplus", "gelu", "silu")
PER_SAMPLE = ("x", "y", "z", "dout")  # the other arrays are shared by a batch


@dataclass(frozen=True, eq=False)  # arrays have no one truth value
class FourWays:
    """The gradients of one layer or loss, computed four ways.

    Attributes
    ----------
    name : str
        As in `names`.
    gradients : dict of str to dict of str to ndarray
        For each array that has a gradient, for example ``"kernel"``, that gradient by route:
        NumPy, SymPy, TensorFlow, finite differences.
    values : dict of str to float
        The loss itself by route, of the first three; a layer's is the sum of ``dout * out``.
    """

    name: str
    gradients: dict
    values: dict

    def differences(self):
        """Return for each route the largest absolute difference from our NumPy."""
        each = self.gradients.values()
        return {
            route: float(max(np.abs(found[route] - found["NumPy"]).max() for found in each))
            for route in ROUTES[1:]
        }

    def entry(self, array, index):
        """Return one entry of one gradient, four times.

        Parameters
        ----------
        array : str
            One of `gradients`.
        index : tuple of int
            Which entry, counted from 0.

        Returns
        -------
        pandas.DataFrame
            One row, a column for each route; all digits are shown.
        """
        import pandas as pd

        label = f"dL/d{array}[{', '.join(map(str, index))}]"
        values = {route: f"{values[index]:.15f}" for route, values in self.gradients[array].items()}
        return pd.DataFrame([values], index=[label])

    def _repr_html_(self):
        array, routes = next(iter(self.gradients.items()))
        return self.entry(array, (0,) * routes["NumPy"].ndim).to_html()


@dataclass(frozen=True)
class _Case:
    """What each route needs: functions of one dict of arrays."""

    derive: Callable  # () -> Derivation
    numpy: Callable  # arrays -> loss, gradients by name
    tensorflow: Callable  # arrays -> loss
    mean: bool = False  # over the batch, as losses are; layers are summed


def names():
    """Return what can be compared.

    Returns
    -------
    list of str
        Layers, activations, losses and a whole network.
    """
    return list(_cases())


def compare(name, batch=4, seed=0, **arrays):
    """Compute the gradients of one layer or loss four ways, on random float64 numbers.

    What can be compared is small, a few hundred steps at most, and nothing is proven here, so it
    takes a second or two; the time grows with the batch.

    Parameters
    ----------
    name : str
        One of `names`.
    batch : int, default=4
        Number of samples; batch normalisation always has three.
    seed : int, default=0
        Seed of the random numbers.
    **arrays : ndarray
        Your own float64 numbers in place of random ones, for example ``x`` with equal maxima.

    Returns
    -------
    FourWays

    Raises
    ------
    DerivationError
        If there is no such name, no array of that name that all four routes receive, or a route
        comes to no finite number.
    """
    cases = _cases()
    if name not in cases:
        raise DerivationError(
            f"Nothing called {name!r} to compare: take one of {', '.join(cases)}."
        )
    case = cases[name]
    derivation = case.derive()
    _check_given(name, derivation, arrays)
    arrays = _random_arrays(derivation, batch, np.random.default_rng(seed)) | arrays
    with_values = (
        case.numpy(arrays),
        _by_sympy(derivation, arrays, case.mean),
        _by_tensorflow(case.tensorflow, arrays, derivation.trainable),
    )
    values = {route: value for route, (value, _) in zip(ROUTES, with_values, strict=False)}
    routes = (
        *(found for _, found in with_values),
        _by_differences(case.numpy, arrays, derivation.trainable),
    )
    gradients = {
        array: {route: found[array] for route, found in zip(ROUTES, routes, strict=True)}
        for array in derivation.trainable
    }
    _check_finite(name, {"the loss": values} | gradients)
    return FourWays(name, gradients, values)


def _check_finite(name, gradients):
    """Raise if a route came to no number: NaN is neither near to anything nor far from it."""
    for array, found in gradients.items():
        for route, values in found.items():
            if not np.isfinite(values).all():
                bad = np.extract(~np.isfinite(values), values)[0]
                msg = (
                    f"{name}: {route} gives {bad} for {array}; expected finite numbers to compare. "
                    "Mend that route, or take less extreme inputs."
                )
                raise DerivationError(msg)


def _check_given(name, derivation, arrays):
    """Raise unless every route receives what is given; batch normalisation's epsilon is a setting.

    Only SymPy reads it from the arrays.
    """
    known = [array for array in derivation.arrays if array != "epsilon"]
    unknown = sorted(arrays.keys() - set(known))
    if unknown:
        raise DerivationError(
            f"{name} is given {', '.join(unknown)}, which not all four routes receive; expected "
            f"some of {', '.join(known)}."
        )


def table(seed=0):
    """Compare every layer and loss.

    Parameters
    ----------
    seed : int, default=0
        Seed of the random numbers.

    Returns
    -------
    pandas.DataFrame
        One row a layer or loss; the largest absolute difference of our NumPy's gradients from
        those of SymPy, of TensorFlow and of finite differences.
    """
    import pandas as pd

    return pd.DataFrame({name: compare(name, seed=seed).differences() for name in names()}).T


def _random_arrays(derivation, batch, rng):
    """Draw an array for each of the derivation's, with an axis for the batch where it has one."""
    arrays = {}
    for name, array in derivation.arrays.items():
        has_batch = name in PER_SAMPLE and "epsilon" not in derivation.arrays
        arrays[name] = rng.normal(size=(batch,) * has_batch + array.shape)
    if "y" in arrays:  # targets that a cross-entropy accepts too: probabilities
        weights = rng.random(arrays["y"].shape)
        arrays["y"] = weights / weights.sum(axis=-1, keepdims=True)
    if "epsilon" in arrays:
        arrays["epsilon"] = np.array([1e-3])
    return arrays


def _by_sympy(derivation, arrays, mean):
    """Return loss and gradients from the formulas, sample by sample, and add them up.

    A gradient by the samples themselves stays one a sample.
    """
    function = derivation.to_numpy()
    if "epsilon" in arrays:  # batch normalisation is derived for a whole batch
        return function(**arrays)
    per_sample = [name for name in arrays if name in PER_SAMPLE]
    batch = len(arrays[per_sample[0]])
    samples = [
        function(**arrays | {name: arrays[name][i] for name in per_sample}) for i in range(batch)
    ]
    gradients, count = {}, batch if mean else 1
    for name in derivation.trainable:
        stacked = np.stack([found[name] for _, found in samples]) / count
        gradients[name] = stacked if name in per_sample else stacked.sum(axis=0)
    return sum(value for value, _ in samples) / count, gradients


def _by_tensorflow(loss, arrays, trainable):
    """Return the loss, and gradients by automatic differentiation."""
    import tensorflow as tf

    tensors = {name: tf.Variable(array) for name, array in arrays.items()}
    with tf.GradientTape() as tape:
        value = loss(tensors)
    found = tape.gradient(value, [tensors[name] for name in trainable])
    return float(value), {name: g.numpy() for name, g in zip(trainable, found, strict=True)}


def _by_differences(loss_and_gradients, arrays, trainable):
    """Return gradients by central differences of the loss."""
    return {
        name: nn.numerical_gradient(
            lambda moved, name=name: loss_and_gradients(arrays | {name: moved})[0], arrays[name]
        )
        for name in trainable
    }


def _cases():
    layers = {
        "dense": _dense(),
        "conv2d": _conv2d((3, 2), strides=1, padding="valid"),
        "conv2d, strides 2, same": _conv2d((2, 3), strides=2, padding="same"),
    }
    for kind in ("max", "average"):
        layers[f"{kind}_pool2d"] = _pool2d(kind, pool_size=2, strides=2, padding="valid")
        overlapping = _pool2d(kind, pool_size=3, strides=2, padding="same")
        layers[f"{kind}_pool2d, overlapping, same"] = overlapping
    layers["batch_norm"] = _batch_norm()
    layers |= {name: _activation(name) for name in (*ACTIVATIONS, "softmax")}
    networks = {
        "mean_squared_error": _network((3, 2), ("linear",), "mean_squared_error"),
        "binary_crossentropy": _network((3, 2), ("sigmoid",), "binary_crossentropy"),
        "categorical_crossentropy": _network((3, 3), ("softmax",), "categorical_crossentropy"),
        "network 2-3-2": _network((2, 3, 2), ("tanh", "softmax"), "categorical_crossentropy"),
    }
    return layers | networks


def _layer(derive, inputs, forward, backward, tensorflow):
    """Return the case of a layer; its loss is the sum of ``dout * out``, so it stands for any."""

    def by_numpy(arrays):
        out, cache = forward(*(arrays[name] for name in inputs))
        gradients = backward(arrays["dout"], cache)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        return float((arrays["dout"] * out).sum()), dict(zip(inputs, gradients, strict=True))

    def by_tensorflow(tensors):
        import tensorflow as tf

        out = tensorflow(tf, *(tensors[name] for name in inputs))
        return tf.reduce_sum(tensors["dout"] * out)

    return _Case(derive, by_numpy, by_tensorflow)


def _dense():
    return _layer(
        lambda: symbolic.derive_dense(inputs=3, units=2),
        ("x", "kernel", "bias"),
        nn.dense_forward,
        nn.dense_backward,
        lambda tf, x, kernel, bias: x @ kernel + bias,
    )


def _conv2d(kernel_size, strides, padding):
    return _layer(
        lambda: symbolic.derive_conv2d(
            5, 4, kernel_size, channels=2, filters=2, strides=strides, padding=padding
        ),
        ("x", "kernel", "bias"),
        lambda x, kernel, bias: nn.conv2d_forward(x, kernel, bias, strides, padding),
        nn.conv2d_backward,
        lambda tf, x, kernel, bias: tf.nn.conv2d(x, kernel, strides, padding.upper()) + bias,
    )


def _pool2d(kind, pool_size, strides, padding):
    settings, tf_name = (pool_size, strides, padding), {"max": "max", "average": "avg"}[kind]
    return _layer(
        lambda: getattr(symbolic, f"derive_{kind}_pool2d")(5, 4, *settings),
        ("x",),
        lambda x: getattr(nn, f"{kind}_pool2d_forward")(x, *settings),
        getattr(nn, f"{kind}_pool2d_backward"),
        lambda tf, x: getattr(tf.nn, f"{tf_name}_pool2d")(x, pool_size, strides, padding.upper()),
    )


def _batch_norm():
    def by_tensorflow(tf, x, gamma, beta):
        mean, variance = tf.nn.moments(x, axes=[0])
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)

    return _layer(
        lambda: symbolic.derive_batch_norm(batch=3),
        ("x", "gamma", "beta"),
        nn.batch_norm_forward,
        nn.batch_norm_backward,
        by_tensorflow,
    )


def _activation(name):
    tensorflow = {  # TensorFlow's own leaky_relu and gelu round their constants to float32
        "gelu": lambda tf, z: z * (1 + tf.math.erf(z / np.sqrt(2))) / 2,
        "leaky_relu": lambda tf, z: tf.where(z > 0, z, 0.3 * z),
        "prelu": lambda tf, z, alpha: tf.where(z > 0, z, alpha * z),
    }
    return _layer(
        lambda: symbolic.derive_activation(name),
        ("z", "alpha") if name == "prelu" else ("z",),
        getattr(nn, f"{name}_forward"),
        getattr(nn, f"{name}_backward"),
        tensorflow.get(name, lambda tf, z: getattr(tf.nn, name)(z)),
    )


def _network(sizes, activations, loss):
    """Return the case of a network; a cross-entropy is given its logits, as it should be."""
    hidden = activations if loss == "mean_squared_error" else (*activations[:-1], "linear")

    def by_numpy(arrays):
        out, caches = arrays["x"], []
        for number, name in enumerate(hidden, start=1):
            out, cache = nn.dense_forward(out, arrays[f"kernel_{number}"], arrays[f"bias_{number}"])
            caches.append([cache, None])
            if name != "linear":
                out, caches[-1][1] = getattr(nn, f"{name}_forward")(out)
        value, loss_cache = getattr(nn, loss)(out, arrays["y"])
        dout, gradients = getattr(nn, f"{loss}_backward")(loss_cache), {}
        for number, name in reversed([*enumerate(hidden, start=1)]):
            cache, activation_cache = caches[number - 1]
            if name != "linear":
                dout = getattr(nn, f"{name}_backward")(dout, activation_cache)
            dout, dkernel, dbias = nn.dense_backward(dout, cache)
            gradients |= {f"kernel_{number}": dkernel, f"bias_{number}": dbias}
        return value, gradients

    def by_tensorflow(tensors):
        import tensorflow as tf

        out, y = tensors["x"], tensors["y"]
        for number, name in enumerate(hidden, start=1):
            out = out @ tensors[f"kernel_{number}"] + tensors[f"bias_{number}"]
            out = out if name == "linear" else getattr(tf.nn, name)(out)
        losses = {
            "mean_squared_error": lambda: (out - y) ** 2,
            "binary_crossentropy": lambda: tf.nn.sigmoid_cross_entropy_with_logits(y, out),
            "categorical_crossentropy": lambda: tf.nn.softmax_cross_entropy_with_logits(y, out),
        }
        return tf.reduce_mean(losses[loss]())

    return _Case(
        lambda: symbolic.derive_network(sizes, activations, loss), by_numpy, by_tensorflow, True
    )
