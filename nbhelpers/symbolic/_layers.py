"""Single layers, derived for one sample and any loss.

What comes after the layer enters through d alone, the gradient of the loss by the layer's outputs,
``dout`` in `nbhelpers.nn`. The loss that stands for all others is the sum of d times output.
"""

import numpy as np
import sympy as sp

from nbhelpers import _validate
from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._activations import ACTIVATIONS, PARAMETRIC
from nbhelpers.symbolic._derivation import Derivation
from nbhelpers.symbolic._steps import LOSS, Step, partial, product, symbols, total

MAX_SYMBOLS = 200  # given to one derivation: pages of formulas


def derive_activation(name):
    r"""Derive an activation: its formula, its derivative, and the short form that code uses.

    Parameters
    ----------
    name : str
        One of those that `derive_network` takes; softmax has three units here, all others one.

    Returns
    -------
    Derivation
        Its `arrays` are ``z`` and ``dout`` of shape (units,), and with prelu ``alpha``.

    Raises
    ------
    DerivationError
        If there is no such activation.

    Examples
    --------
    >>> print(derive_activation("sigmoid").latex("backward"))
    \begin{aligned}
    \frac{\partial a}{\partial z} &= \frac{e^{- z}}{\left(1 + e^{- z}\right)^{2}}
        && \text{differentiated} \\
    \frac{\partial L}{\partial z} &= d a \left(1 - a\right)
        && \text{chain rule, with the derivative of the sigmoid}
    \end{aligned}
    """
    if name == "softmax":
        return _derive_softmax()
    if name not in ACTIVATIONS:
        msg = f"No activation {name!r} here: take one of {', '.join(ACTIVATIONS)} or softmax."
        raise DerivationError(msg)
    chosen = ACTIVATIONS[name]
    z, a, d, alpha = (sp.Symbol(letter, real=True) for letter in ("z", "a", "d", r"\alpha"))
    given = {"z": z, "dout": d}
    slope = sp.diff(chosen.formula(z, alpha).rewrite(sp.Piecewise), z)
    backward = [
        Step(partial(a, z), slope, "differentiated"),
        Step(
            partial(LOSS, z),
            product(d, chosen.derivative(z, a, alpha)),
            f"chain rule, with the derivative of {chosen.phrase}",
        ),
    ]
    if name in PARAMETRIC:
        given["alpha"] = alpha
        backward.append(Step(partial(LOSS, alpha), product(d, PARAMETRIC[name](z)), "chain rule"))
    return Derivation(
        title=name,
        arrays={key: np.array([symbol]) for key, symbol in given.items()},
        trainable=tuple(key for key in given if key != "dout"),
        forward=(Step(a, chosen.formula(z, alpha), name),),
        loss=_any_loss([d], [a]),
        backward=tuple(backward),
    )


def derive_dense(inputs=2, units=2):
    """Derive a dense layer: each output is a weighted sum of all inputs, plus a bias.

    Parameters
    ----------
    inputs, units : int

    Returns
    -------
    Derivation
        Its `arrays` are ``x`` of shape (inputs,), ``kernel`` (inputs, units), ``bias`` (units,)
        and ``dout`` (units,).

    Raises
    ------
    DerivationError
        If a size is below 1, or there are more than 200 symbols.

    Examples
    --------
    >>> derive_dense(inputs=2, units=1).forward[0].expression
    b_{1} + w_{11}*x_{1} + w_{21}*x_{2}
    """
    _check(inputs=inputs, units=units)
    arrays = _arrays(
        x=symbols("x", (inputs,)),
        kernel=symbols("w", (inputs, units)),
        bias=symbols("b", (units,)),
        dout=symbols("d", (units,)),
    )
    z = symbols("z", (units,))
    factors = {j: list(zip(arrays["x"], arrays["kernel"][:, j], strict=True)) for j in range(units)}
    return _sums_of_products(f"Dense, {inputs} inputs, {units} units", arrays, z, factors)


def derive_conv2d(height, width, kernel_size, channels=1, filters=1, strides=1, padding="valid"):
    """Derive a convolution layer (cross-correlation, as in all of deep learning).

    Parameters
    ----------
    height, width : int
        Size of the image, in pixels.
    kernel_size : int or tuple of int
    channels, filters : int
    strides : int or tuple of int
    padding : {"valid", "same"}
        "same" surrounds the image with zeros as TensorFlow does.

    Returns
    -------
    Derivation
        Its `arrays` are ``x`` of shape (height, width, channels), ``kernel`` of shape (kernel_h,
        kernel_w, channels, filters), ``bias`` of shape (filters,) and ``dout`` of shape (out_h,
        out_w, filters).

    Raises
    ------
    DerivationError
        If a size is below 1, the kernel does not fit, or there are more than 200 symbols.

    Examples
    --------
    >>> derivation = derive_conv2d(height=3, width=3, kernel_size=2)
    >>> derivation.forward[0].expression
    b + w_{11}*x_{11} + w_{12}*x_{12} + w_{21}*x_{21} + w_{22}*x_{22}
    >>> x = derivation.arrays["x"]
    >>> derivation.gradients[x[1, 1, 0]]
    d_{11}*w_{22} + d_{12}*w_{21} + d_{21}*w_{12} + d_{22}*w_{11}
    """
    _check(height=height, width=width, channels=channels, filters=filters)
    kernel_size = _validate.pair("kernel_size", kernel_size, error=DerivationError)
    windows, out_size = _windows((height, width), kernel_size, strides, padding)
    grey, single = (2,) * (channels == 1), (2,) * (filters == 1)
    arrays = _arrays(
        x=symbols("x", (height, width, channels), hidden=grey),
        kernel=symbols("w", (*kernel_size, channels, filters), hidden=grey + (3,) * (filters == 1)),
        bias=symbols("b", (filters,), hidden=(0,) * (filters == 1)),
        dout=symbols("d", (*out_size, filters), hidden=single),
    )
    z = symbols("z", (*out_size, filters), hidden=single)
    x, kernel = arrays["x"], arrays["kernel"]
    factors = {
        (*place, f): [
            (x[(*pixel, c)], kernel[(*tap, c, f)]) for tap, pixel in window for c in range(channels)
        ]
        for place, window in windows.items()
        for f in range(filters)
    }
    return _sums_of_products(f"Conv2D, {height} x {width} pixels", arrays, z, factors)


def derive_average_pool2d(height, width, pool_size=2, strides=None, padding="valid"):
    """Derive average pooling of one channel.

    Parameters
    ----------
    height, width : int
        Size of the image, in pixels.
    pool_size : int or tuple of int
    strides : int or tuple of int, optional
        None means ``pool_size``.
    padding : {"valid", "same"}
        With "same", padding is not counted: a window at the border averages what it sees.

    Returns
    -------
    Derivation
        Its `arrays` are ``x`` of shape (height, width, 1) and ``dout`` of shape (out_h, out_w, 1).

    Raises
    ------
    DerivationError
        If a size is below 1, the window does not fit, or there are more than 200 symbols.

    Examples
    --------
    >>> derivation = derive_average_pool2d(height=2, width=2)
    >>> derivation.gradients[derivation.arrays["x"][0, 0, 0]]
    d_{11}/4
    """
    arrays, z, windows = _pooling(height, width, pool_size, strides, padding)
    x = arrays["x"][:, :, 0]
    factors = {
        (*place, 0): [(x[pixel], sp.Rational(1, len(window))) for _, pixel in window]
        for place, window in windows.items()
    }
    return _sums_of_products(f"Average pooling, {height} x {width} pixels", arrays, z, factors)


def derive_max_pool2d(height, width, pool_size=2, strides=None, padding="valid"):
    """Derive maximum pooling of one channel.

    Parameters
    ----------
    height, width : int
        Size of the image, in pixels.
    pool_size : int or tuple of int
    strides : int or tuple of int, optional
        None means ``pool_size``.
    padding : {"valid", "same"}
        Padding is never the maximum.

    Returns
    -------
    Derivation
        Its `arrays` are ``x`` of shape (height, width, 1) and ``dout`` of shape (out_h, out_w, 1).
        Of equal maxima the first of a window, row by row, gets the gradient, as in TensorFlow.

    Raises
    ------
    DerivationError
        If a size is below 1, the window does not fit, or there are more than 200 symbols.

    Examples
    --------
    >>> derivation = derive_max_pool2d(height=1, width=2, pool_size=(1, 2))
    >>> derivation.gradients[derivation.arrays["x"][0, 0, 0]]
    d_{11}*Piecewise((1, x_{11} >= x_{12}), (0, True))
    """
    arrays, z, windows = _pooling(height, width, pool_size, strides, padding)
    x, d = arrays["x"][:, :, 0], arrays["dout"][:, :, 0]
    forward, slopes = [], {symbol: [] for symbol in x.flat}
    for place, window in windows.items():
        pixels = [x[pixel] for _, pixel in window]
        forward.append(Step(z[(*place, 0)], sp.Max(*pixels), "largest of the window"))
        for k, pixel in enumerate(pixels):
            largest = sp.And(
                *(pixel > p for p in pixels[:k]), *(pixel >= p for p in pixels[k + 1 :])
            )
            slopes[pixel].append(product(d[place], sp.Piecewise((1, largest), (0, True))))
    reason = "chain rule: the gradient goes to the pixel that won"
    return Derivation(
        title=f"Maximum pooling, {height} x {width} pixels",
        arrays=arrays,
        trainable=("x",),
        forward=tuple(forward),
        loss=_any_loss(d.flat, z.flat),
        backward=tuple(Step(partial(LOSS, p), total(*s), reason) for p, s in slopes.items()),
    )


def derive_softmax_cross_entropy(classes=3):
    """Derive softmax and cross-entropy together: the gradient is probability minus target.

    Parameters
    ----------
    classes : int

    Returns
    -------
    Derivation
        Its `arrays` are ``logits`` and ``y``, one-hot, of shape (classes,).

    Raises
    ------
    DerivationError
        If there are fewer than two classes, or more than 200 symbols.

    Examples
    --------
    >>> derivation = derive_softmax_cross_entropy(classes=2)
    >>> [step.expression for step in derivation.backward[-2:]]
    [a_{1} - y_{1}, a_{2} - y_{2}]
    """
    _check(classes=classes)
    if classes == 1:
        msg = "classes is 1: softmax of one number is always 1. Take two classes or more."
        raise DerivationError(msg)
    arrays = _arrays(logits=symbols("z", (classes,)), y=symbols("y", (classes,)))
    z, y, a = arrays["logits"], arrays["y"], symbols("a", (classes,))
    log_likelihood = total(*(-v * sp.log(p) for v, p in zip(y, a, strict=True)))
    return Derivation(
        title=f"Softmax and cross-entropy, {classes} classes",
        arrays=arrays,
        trainable=("logits",),
        forward=softmax_steps(z, a),
        loss=Step(LOSS, log_likelihood, "the cross-entropy: only the true class counts"),
        backward=(
            *(
                Step(partial(LOSS, p), -v / p, "derivative of the cross-entropy")
                for v, p in zip(y, a, strict=True)
            ),
            *softmax_derivatives(z, a),
            *(
                Step(
                    partial(LOSS, logit),
                    total(p, -v),
                    "chain rule, summed over the outputs; the targets sum to one",
                )
                for logit, p, v in zip(z, a, y, strict=True)
            ),
        ),
        constraints={y[-1]: 1 - sum(y[:-1])},
    )


def derive_batch_norm(batch=3):
    """Derive batch normalisation of one channel, as while training.

    Parameters
    ----------
    batch : int
        Number of samples.

    Returns
    -------
    Derivation
        Its `arrays` are ``x`` and ``dout`` of shape (batch, 1), ``gamma`` and ``beta`` of shape
        (1,), and ``epsilon`` of shape (1,), which is added to the variance.

    Raises
    ------
    DerivationError
        If the batch is below 1, or there are more than 200 symbols.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization", 2015.

    Examples
    --------
    >>> derivation = derive_batch_norm(batch=2)
    >>> derivation.forward[0].expression
    (x_{1} + x_{2})/2
    """
    _check(batch=batch)
    x, d, out, normal = (symbols(s, (batch,)) for s in ("x", "d", "z", r"\hat{x}"))
    gamma, beta, mean = (sp.Symbol(name, real=True) for name in (r"\gamma", r"\beta", r"\mu"))
    variance, epsilon, scale = (
        sp.Symbol(name, positive=True) for name in (r"\sigma^{2}", r"\varepsilon", "s")
    )
    share = sp.Rational(1, batch)
    centred = [total(value, -mean) for value in x]
    dnormal = [partial(LOSS, value) for value in normal]
    dvariance, dmean = partial(LOSS, variance), partial(LOSS, mean)
    forward = (
        Step(mean, product(share, total(*x)), "mean of the batch"),
        Step(variance, product(share, total(*(c**2 for c in centred))), "its variance"),
        Step(scale, 1 / sp.sqrt(variance + epsilon), "one over the standard deviation"),
        *(Step(n, product(c, scale), "normalised") for n, c in zip(normal, centred, strict=True)),
        *(
            Step(z, total(product(gamma, n), beta), "scaled and shifted")
            for z, n in zip(out, normal, strict=True)
        ),
    )
    backward = (
        Step(partial(LOSS, beta), total(*d), "chain rule, summed over the batch"),
        Step(partial(LOSS, gamma), _inner(d, normal), "chain rule, summed over the batch"),
        *(Step(g, product(v, gamma), "chain rule") for g, v in zip(dnormal, d, strict=True)),
        Step(
            dvariance,
            product(-sp.Rational(1, 2), scale**3, _inner(dnormal, centred)),
            "chain rule: every sample depends on the variance",
        ),
        Step(
            dmean,
            product(-1, scale, total(*dnormal)),
            "chain rule: so does every sample on the mean; the variance has slope 0 there",
        ),
        *(
            Step(
                partial(LOSS, value),
                total(
                    product(g, scale),
                    product(2 * share, dvariance, c),
                    product(share, dmean),
                ),
                "chain rule: directly, by the variance, and by the mean",
            )
            for value, g, c in zip(x, dnormal, centred, strict=True)
        ),
    )
    column = (batch, 1)
    return Derivation(
        title=f"Batch normalisation, {batch} samples",
        arrays=_arrays(
            x=x.reshape(column),
            gamma=np.array([gamma]),
            beta=np.array([beta]),
            dout=d.reshape(column),
            epsilon=np.array([epsilon]),
        ),
        trainable=("x", "gamma", "beta"),
        forward=forward,
        loss=_any_loss(d, out),
        backward=backward,
    )


def softmax_steps(z, a):
    """Return the forward steps of a softmax from symbols `z` to symbols `a`."""
    exponentials = total(*map(sp.exp, z))
    return tuple(
        Step(p, sp.exp(logit) / exponentials, "softmax") for p, logit in zip(a, z, strict=True)
    )


def softmax_derivatives(z, a):
    """Return the derivative of each softmax output by each input."""
    return tuple(
        Step(
            partial(output, logit),
            product(output, total(1, -output)) if j == k else product(-1, a[j], output),
            "derivative of the softmax",
        )
        for j, logit in enumerate(z)
        for k, output in enumerate(a)
    )


def _derive_softmax(units=3):
    z, d, a = (symbols(letter, (units,)) for letter in "zda")
    chain = tuple(
        Step(
            partial(LOSS, logit),
            total(*(product(v, partial(p, logit)) for v, p in zip(d, a, strict=True))),
            "chain rule, summed over the outputs",
        )
        for logit in z
    )
    return Derivation(
        title="softmax",
        arrays={"z": z, "dout": d},
        trainable=("z",),
        forward=softmax_steps(z, a),
        loss=_any_loss(d, a),
        backward=softmax_derivatives(z, a) + chain,
    )


def _sums_of_products(title, arrays, z, factors):
    """Derive outputs that are sums of products of inputs and weights, plus a bias if there is one.

    `factors` holds for each place of the output its (input, weight) pairs. In the gradients each
    product appears twice: the input's is d times the weight, the weight's is d times the input.
    """
    trainable = tuple(name for name in ("x", "kernel", "bias") if name in arrays)
    slopes = {symbol: [] for name in trainable for symbol in arrays[name].flat}
    forward = []
    for place, pairs in factors.items():
        d = arrays["dout"][place]
        terms = [weight * x if weight.is_number else product(x, weight) for x, weight in pairs]
        for x, weight in pairs:
            slopes[x].append(d * weight if weight.is_number else product(d, weight))
            if weight in slopes:
                slopes[weight].append(product(d, x))
        if "bias" in arrays:
            bias = arrays["bias"][np.atleast_1d(place)[-1]]
            terms.append(bias)
            slopes[bias].append(d)
        forward.append(Step(z[place], total(*terms), "weighted sum"))
    return Derivation(
        title=title,
        arrays=arrays,
        trainable=trainable,
        forward=tuple(forward),
        loss=_any_loss(arrays["dout"].flat, z.flat),
        backward=tuple(
            Step(partial(LOSS, symbol), total(*terms), _sum_reason(terms))
            for symbol, terms in slopes.items()
        ),
    )


def _sum_reason(terms):
    if not terms:
        return "no output depends on it"
    return "chain rule" + ", summed over the outputs it reaches" * (len(terms) > 1)


def _any_loss(d, outputs):
    return Step(LOSS, _inner(d, outputs), "any loss, with gradient d by the outputs")


def _inner(left, right):
    return total(*map(product, left, right))


def _pooling(height, width, pool_size, strides, padding):
    _check(height=height, width=width)
    pool_size = _validate.pair("pool_size", pool_size, error=DerivationError)
    strides = pool_size if strides is None else strides
    windows, out_size = _windows((height, width), pool_size, strides, padding)
    arrays = _arrays(
        x=symbols("x", (height, width, 1), hidden=(2,)),
        dout=symbols("d", (*out_size, 1), hidden=(2,)),
    )
    return arrays, symbols("z", (*out_size, 1), hidden=(2,)), windows


def _windows(image_size, window_size, strides, padding):
    """Return for each place of the output its (tap, pixel) pairs that lie in the image."""
    strides = _validate.pair("strides", strides, error=DerivationError)
    if padding not in ("valid", "same"):
        msg = f"padding is {padding!r}: expected 'valid' or 'same'."
        raise DerivationError(msg)
    if padding == "valid" and any(np.greater(window_size, image_size)):
        msg = (
            f"A window of {window_size} does not fit into {image_size} pixels: try 'same' padding."
        )
        raise DerivationError(msg)
    axes = [
        _windows_along(*sizes, padding)
        for sizes in zip(image_size, window_size, strides, strict=True)
    ]
    windows = {
        (i, j): [((u, v), (row, column)) for u, row in rows for v, column in columns]
        for i, rows in enumerate(axes[0])
        for j, columns in enumerate(axes[1])
    }
    return windows, tuple(map(len, axes))


def _windows_along(size, window, stride, padding):
    count = (size - window) // stride + 1 if padding == "valid" else -(-size // stride)
    missing = max((count - 1) * stride + window - size, 0)  # 0 if "valid"
    starts = (i * stride - missing // 2 for i in range(count))
    return [[(u, s + u) for u in range(window) if 0 <= s + u < size] for s in starts]


def _check(**sizes):
    for name, size in sizes.items():
        _validate.whole(name, size, error=DerivationError)


def _arrays(**arrays):
    count = sum(array.size for array in arrays.values())
    if count > MAX_SYMBOLS:
        msg = f"{count} symbols are too many to derive one by one: at most {MAX_SYMBOLS}."
        raise DerivationError(msg)
    return arrays
