"""Functions of nn against finite differences, TensorFlow's gradients, and values worked by hand."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nbhelpers import nn
from nbhelpers.errors import GradientError

drawn = settings(max_examples=25, deadline=None, derandomize=True)
paddings = st.sampled_from(["valid", "same"])
seeds = st.integers(0, 10_000)

# tf.nn.leaky_relu and tf.nn.gelu round their constants to float32: written out for these two.
TENSORFLOW = {
    "sigmoid": tf.nn.sigmoid,
    "tanh": tf.nn.tanh,
    "relu": tf.nn.relu,
    "leaky_relu": lambda z: tf.where(z > 0, z, 0.3 * z),
    "elu": tf.nn.elu,
    "softplus": tf.nn.softplus,
    "gelu": lambda z: z * 0.5 * (1 + tf.math.erf(z / np.sqrt(2))),
    "silu": tf.nn.silu,
    "softmax": tf.nn.softmax,
}


def tensorflow_gradients(function, arrays, dout):
    """Return TensorFlow's output and the gradients of ``sum(output * dout)``."""
    variables = [tf.Variable(array) for array in arrays]
    with tf.GradientTape() as tape:
        out = function(*variables)
    gradients = tape.gradient(out, variables, output_gradients=tf.constant(dout))
    return out.numpy(), [gradient.numpy() for gradient in gradients]


def assert_same(ours, theirs):
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)


def check_pair_of_functions(forward, backward, reference, arrays, rng, *, finite=True):
    """Compare a forward and its backward with TensorFlow and with finite differences."""
    before = [array.copy() for array in arrays]
    out, cache = forward(*arrays)
    dout = rng.normal(size=out.shape)
    gradients = backward(dout, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    expected_out, expected = tensorflow_gradients(reference, arrays, dout)
    assert_same(out, expected_out)
    for number, (ours, theirs) in enumerate(zip(gradients, expected, strict=True)):
        assert_same(ours, theirs)
        if finite:

            def total(array, number=number):
                moved = [*arrays[:number], array, *arrays[number + 1 :]]
                return (forward(*moved)[0] * dout).sum()

            nn.check_gradient(total, arrays[number], ours)
    for array, copy in zip(arrays, before, strict=True):  # nothing is changed in place
        np.testing.assert_array_equal(array, copy)


@drawn
@given(batch=st.integers(1, 4), inputs=st.integers(1, 5), units=st.integers(1, 5), seed=seeds)
def test_dense(batch, inputs, units, seed):
    rng = np.random.default_rng(seed)
    shapes = [(batch, inputs), (inputs, units), (units,)]
    check_pair_of_functions(
        nn.dense_forward,
        nn.dense_backward,
        lambda x, kernel, bias: x @ kernel + bias,
        [rng.normal(size=shape) for shape in shapes],
        rng,
    )


@st.composite
def images_and_windows(draw):
    """Draw image sizes, and a window that fits unless the padding is "same"."""
    size = draw(st.integers(1, 8)), draw(st.integers(1, 7))
    padding = draw(paddings)
    window = tuple(
        draw(st.integers(1, min(length, 4) if padding == "valid" else 4)) for length in size
    )
    return (draw(st.integers(1, 3)), *size, draw(st.integers(1, 3))), window, padding


@drawn
@given(case=images_and_windows(), strides=st.integers(1, 3), filters=st.integers(1, 3), seed=seeds)
def test_conv2d(case, strides, filters, seed):
    shape, window, padding = case
    rng = np.random.default_rng(seed)
    shapes = [shape, (*window, shape[-1], filters), (filters,)]
    check_pair_of_functions(
        lambda x, kernel, bias: nn.conv2d_forward(x, kernel, bias, strides, padding),
        nn.conv2d_backward,
        lambda x, kernel, bias: tf.nn.conv2d(x, kernel, strides, padding.upper()) + bias,
        [rng.normal(size=shape) for shape in shapes],
        rng,
    )


@pytest.mark.parametrize("filters", [64, 256])  # multiplied in pieces, and whole
def test_conv2d_of_many_places(filters):
    rng = np.random.default_rng(0)
    shapes = [(8, 12, 40, 3), (5, 5, 3, filters), (filters,)]
    check_pair_of_functions(
        nn.conv2d_forward,
        nn.conv2d_backward,
        lambda x, kernel, bias: tf.nn.conv2d(x, kernel, 1, "VALID") + bias,
        [rng.normal(size=shape) for shape in shapes],
        rng,
        finite=False,
    )


@pytest.mark.parametrize("ties", [False, True])
@drawn
@given(case=images_and_windows(), strides=st.integers(1, 3), seed=seeds)
def test_max_pool2d(ties, case, strides, seed):
    shape, window, padding = case
    rng = np.random.default_rng(seed)
    spread = rng.permutation(np.prod(shape)).reshape(shape) / 10  # no two pixels are close
    x = rng.integers(-1, 2, shape).astype(float) if ties else spread
    check_pair_of_functions(
        lambda x: nn.max_pool2d_forward(x, window, strides, padding),
        nn.max_pool2d_backward,
        lambda x: tf.nn.max_pool2d(x, window, strides, padding.upper()),
        [x],
        rng,
        finite=not ties,  # at a tie there is a kink
    )


@drawn
@given(case=images_and_windows(), strides=st.integers(1, 3), seed=seeds)
def test_average_pool2d(case, strides, seed):
    shape, window, padding = case
    rng = np.random.default_rng(seed)
    check_pair_of_functions(
        lambda x: nn.average_pool2d_forward(x, window, strides, padding),
        nn.average_pool2d_backward,
        lambda x: tf.nn.avg_pool2d(x, window, strides, padding.upper()),
        [rng.normal(size=shape)],
        rng,
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_strides_of_two_lengths(padding):
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=(2, 7, 6, 2)), rng.normal(size=(3, 2, 2, 3)), np.zeros(3)
    out, cache = nn.conv2d_forward(x, kernel, bias, strides=(2, 3), padding=padding)
    dense_out, _ = nn.conv2d_forward(x, kernel, bias, strides=1, padding="valid")
    if padding == "valid":
        np.testing.assert_allclose(out, dense_out[:, ::2, ::3], atol=1e-12)
    dout = rng.normal(size=out.shape)
    dx, dkernel, _ = nn.conv2d_backward(dout, cache)

    def total(x, kernel):
        return (nn.conv2d_forward(x, kernel, bias, (2, 3), padding)[0] * dout).sum()

    nn.check_gradient(lambda x: total(x, kernel), x, dx)
    nn.check_gradient(lambda kernel: total(x, kernel), kernel, dkernel)


def test_tied_maximum_gives_the_gradient_to_the_first_in_row_order():
    x = np.array([[0.0, 3.0], [3.0, 3.0]]).reshape(1, 2, 2, 1)
    _, cache = nn.max_pool2d_forward(x)
    dx = nn.max_pool2d_backward(np.full((1, 1, 1, 1), 7.0), cache)
    assert dx[0, :, :, 0].tolist() == [[0, 7], [0, 0]]


def test_average_of_a_padded_window_counts_real_pixels_only():
    out, _ = nn.average_pool2d_forward(np.full((1, 3, 3, 1), 5.0), 2, padding="same")
    assert out[0, :, :, 0].tolist() == [[5, 5], [5, 5]]


def test_pixels_that_no_window_covers_get_no_gradient():
    kernel, bias = np.ones((1, 1, 1, 1)), np.zeros(1)
    for forward, backward, seen in (
        (nn.max_pool2d_forward, nn.max_pool2d_backward, [1, 0, 1, 0, 0]),
        (nn.average_pool2d_forward, nn.average_pool2d_backward, [0.5, 0.5, 0.5, 0.5, 0]),
        (
            lambda x: nn.conv2d_forward(x, kernel, bias, 2),
            lambda *a: nn.conv2d_backward(*a)[0],
            [1, 0, 1, 0, 1],
        ),
    ):
        out, cache = forward(np.ones((1, 5, 5, 1)))
        np.full((5, 1, 5, 1), np.nan)  # what freed memory may hold
        dx = backward(np.ones_like(out), cache)
        np.testing.assert_array_equal(dx[0, ..., 0], np.outer(seen, seen))


def test_gradient_of_the_images_can_be_skipped():
    x = np.ones((1, 3, 3, 1))
    _, cache = nn.conv2d_forward(x, np.ones((2, 2, 1, 1)), np.zeros(1))
    dx, dkernel, dbias = nn.conv2d_backward(np.ones((1, 2, 2, 1)), cache, input_gradient=False)
    assert dx is None
    assert (dkernel[0, 0, 0, 0], dbias[0]) == (4, 4)


@pytest.mark.parametrize("contiguous", [True, False])
def test_how_images_lie_in_memory_does_not_matter(contiguous):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 5, 5, 2))
    other = np.ascontiguousarray(x.swapaxes(0, 3)).swapaxes(0, 3) if contiguous else x[:, ::-1]
    other = other if contiguous else other[:, ::-1]
    kernel, bias = rng.normal(size=(2, 2, 2, 2)), rng.normal(size=2)
    for padding in ("valid", "same"):
        expected = nn.conv2d_forward(x, kernel, bias, padding=padding)[0]
        assert_same(nn.conv2d_forward(other, kernel, bias, padding=padding)[0], expected)


def test_flatten_orders_features_as_keras_does():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 2, 4)).swapaxes(0, 3).copy().swapaxes(0, 3)
    check_pair_of_functions(
        nn.flatten_forward, nn.flatten_backward, lambda x: tf.reshape(x, (2, -1)), [x], rng
    )


@pytest.mark.parametrize("name", TENSORFLOW)
@drawn
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    scale=st.sampled_from([0.1, 1, 10]),
    seed=seeds,
)
def test_activations(name, shape, scale, seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=shape) * scale
    z[np.abs(z) < 1e-4] = 1e-3  # off the kink
    check_pair_of_functions(
        getattr(nn, f"{name}_forward"),
        getattr(nn, f"{name}_backward"),
        TENSORFLOW[name],
        [z],
        rng,
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TENSORFLOW)
def test_saturated_activations_stay_finite(name, dtype):
    z = np.array([[-1000.0, -40.0, 0.0, 40.0, 1000.0]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out, cache = getattr(nn, f"{name}_forward")(z)
        dz = getattr(nn, f"{name}_backward")(np.ones_like(z), cache)
    assert out.dtype == dz.dtype == dtype
    expected_out, (expected,) = tensorflow_gradients(TENSORFLOW[name], [z], np.ones_like(z))
    np.testing.assert_allclose(out, expected_out, atol=1e-6)
    np.testing.assert_allclose(dz, expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 2, 4), (1, 1, 4), (3, 1, 4), (1, 2, 1)])
def test_prelu_shares_slopes_along_axes_of_length_one(shape):
    rng = np.random.default_rng(0)
    check_pair_of_functions(
        nn.prelu_forward,
        nn.prelu_backward,
        lambda z, alpha: tf.where(z > 0, z, alpha * z),
        [rng.normal(size=(5, 3, 2, 4)), rng.normal(size=shape)],
        rng,
    )


def test_prelu_of_one_feature():
    z, alpha = np.array([[-2.0], [3.0]]), np.array([0.5])
    out, cache = nn.prelu_forward(z, alpha)
    dz, dalpha = nn.prelu_backward(np.ones_like(z), cache)
    assert (out.tolist(), dz.tolist(), dalpha.tolist()) == ([[-1], [3]], [[0.5], [1]], [-2])


@drawn
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    channels=st.integers(1, 3),
    seed=seeds,
)
def test_batch_norm(shape, channels, seed):
    rng = np.random.default_rng(seed)
    axes = list(range(len(shape)))

    def reference(x, gamma, beta):
        mean, variance = tf.nn.moments(x, axes)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)

    check_pair_of_functions(
        nn.batch_norm_forward,
        nn.batch_norm_backward,
        reference,
        [rng.normal(size=(*shape, channels)), rng.normal(size=channels), rng.normal(size=channels)],
        rng,
        finite=False,  # beside a variance near 0 the formula of finite differences is poor
    )


def test_batch_norm_against_finite_differences():
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(size=(3, 2, 2, 2)), np.array([0.5, 2]), np.array([1.0, -1])
    dout = rng.normal(size=x.shape)
    dx, dgamma, _ = nn.batch_norm_backward(dout, nn.batch_norm_forward(x, gamma, beta)[1])
    nn.check_gradient(lambda x: (nn.batch_norm_forward(x, gamma, beta)[0] * dout).sum(), x, dx)
    nn.check_gradient(
        lambda gamma: (nn.batch_norm_forward(x, gamma, beta)[0] * dout).sum(), gamma, dgamma
    )


def test_dropout_keeps_the_mean_and_sends_the_gradient_the_same_way():
    x = np.ones((200, 100))
    out, cache = nn.dropout_forward(x, 0.25, np.random.default_rng(0))
    assert set(np.unique(out)) == {0, 1 / 0.75}
    assert abs(out.mean() - 1) < 0.02
    np.testing.assert_array_equal(nn.dropout_backward(x, cache), out)


def check_loss(loss, backward, reference, outputs, y):
    value, cache = loss(outputs, y)
    gradient = backward(cache)
    variable = tf.Variable(outputs)
    with tf.GradientTape() as tape:
        expected = reference(variable)
    np.testing.assert_allclose(value, expected.numpy(), rtol=1e-12, atol=1e-13)
    assert_same(gradient, tape.gradient(expected, variable).numpy())
    nn.check_gradient(lambda outputs: loss(outputs, y)[0], outputs, gradient)


@drawn
@given(
    batch=st.integers(1, 5),
    units=st.integers(1, 5),
    scale=st.sampled_from([1, 100]),
    seed=seeds,
)
def test_losses(batch, units, scale, seed):
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(batch, units)) * scale
    y = rng.normal(size=(batch, units))
    check_loss(
        nn.mean_squared_error,
        nn.mean_squared_error_backward,
        lambda z: tf.reduce_mean((z - y) ** 2),
        outputs,
        y,
    )
    y = rng.integers(0, 2, (batch, units))
    check_loss(
        nn.binary_crossentropy,
        nn.binary_crossentropy_backward,
        lambda z: tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=y.astype(float), logits=z)
        ),
        outputs,
        y,
    )
    y = rng.integers(0, units, batch)
    for labels in (y, np.eye(units)[y]):
        check_loss(
            nn.categorical_crossentropy,
            nn.categorical_crossentropy_backward,
            lambda z: tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z)
            ),
            outputs,
            labels,
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropies_are_exact_at_huge_logits(dtype):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        logits = np.array([[1000.0, -1000.0]], dtype)
        loss, cache = nn.categorical_crossentropy(logits, np.array([1]))
        assert loss == 2000
        assert nn.categorical_crossentropy_backward(cache).tolist() == [[1, -1]]
        loss, cache = nn.binary_crossentropy(logits, np.array([[0, 1]]))
        assert loss == 1000
        assert nn.binary_crossentropy_backward(cache).tolist() == [[0.5, -0.5]]
        assert nn.binary_crossentropy(logits, np.array([[1, 0]]))[0] == 0


def test_check_gradient_names_the_place_of_a_wrong_number():
    x = np.arange(6.0).reshape(2, 3)
    gradient = 2 * x
    gradient[1, 2] += 0.5
    with pytest.raises(GradientError, match=r"at \(1, 2\) is 10.5, but finite differences give 10"):
        nn.check_gradient(lambda x: (x**2).sum(), x, gradient)
    gradient[1, 2] = np.nan
    with pytest.raises(GradientError, match="nan"):
        nn.check_gradient(lambda x: (x**2).sum(), x, gradient)
