"""How little is enough: train small networks on all of MNIST, five seeds each, on one thread.

The page shows how the error falls with the number of parameters and with the time of training. What
it shows takes an hour and is measured here:

    python benchmarks/frontier.py try 20k --epochs 8 --set rotation=10
    python benchmarks/frontier.py final
    python benchmarks/frontier.py keep

`try` trains on 50,000 digits and measures on the 10,000 training digits held out: networks and
recipe were chosen by such trials, and every one is kept. `final` trains each network of `PLAN` on
all 60,000 digits and opens the test set once, after the last step. It takes the seeds one after the
other, all networks for each, so that whenever it is stopped every network has about as many. Each
finished training is a file of its own. One that is killed begins again, a matter of minutes; what
it draws depends on its seed alone, so it ends the same. `keep` writes what is finished to the file
that the pages read.
"""

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from long_runs import real_digits

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "nbhelpers" / "kept" / "frontier.json"
HELD_OUT = 10_000
SEEDS = (0, 1, 2, 3, 4)
ONE_THREAD = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
ONE_THREAD += ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]  # it distorts the digits

# A network is its convolutions: filters, kernel_size, and whether pooling follows. Each has batch
# normalisation and ReLU behind it, and the last is followed by "mean", the mean over what is left
# of the picture, or by "flat", all of it; then by a dense layer of ten.
NETWORKS = {
    "1k": [(3, 5, True), (5, 3, False), (6, 3, True), (6, 3, False), "mean"],
    "2.5k": [(6, 5, True), (8, 3, False), (10, 3, True), (10, 3, False), "mean"],
    "5k": [(8, 5, True), (12, 3, False), (14, 3, True), (16, 3, False), "mean"],
    "10k": [(12, 5, True), (16, 3, False), (20, 3, True), (24, 3, False), "mean"],
    "20k": [(16, 5, True), (24, 3, False), (28, 3, True), (32, 3, False), "mean"],
    "35k": [(20, 5, True), (32, 3, False), (40, 3, True), (40, 3, False), "mean"],
}
# What distorts the digits is named as in `nbhelpers.training.distort_images`.
RECIPE = {"batch_size": 128, "peak": 0.03, "warm_up": 0.2}
RECIPE |= {"rotation": 10.0, "shift": 0.05, "zoom": 0.1, "shear": 0.1}
LARGER = RECIPE | {"peak": 0.02}
PLAIN = RECIPE | {"rotation": 0.0, "shift": 0.0, "zoom": 0.0, "shear": 0.0}
# Network, epochs, within which the learning rate falls to 0, and recipe: each network for as long
# as an hour allows for all of them, and two in a hurry, with digits as they are.
PLAN = [("1k", 12, RECIPE), ("2.5k", 12, RECIPE), ("5k", 12, RECIPE), ("10k", 12, RECIPE)]
PLAN += [("20k", 15, LARGER), ("35k", 16, LARGER)]
PLAN += [("5k", 1, PLAIN), ("10k", 1, PLAIN), ("10k", 2, PLAIN), ("10k", 4, PLAIN)]


def main():
    """Do what the command line asks for."""
    options = read_options()
    for name in ONE_THREAD:
        os.environ[name] = "1"  # read when NumPy is imported, hence imports in functions
    if options.task == "keep":
        keep(options.folder)
    elif options.task == "try":
        attempt(options.layers, options.epochs, RECIPE | options.set, options.folder)
    else:
        all_finals(options.folder)


def read_options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "_build" / "frontier")
    tasks = parser.add_subparsers(dest="task", required=True)
    trial = tasks.add_parser("try", help="measure a choice on held-out training digits")
    trial.add_argument("layers", type=layers, help="a name, or layers as JSON")
    trial.add_argument("--epochs", type=int, default=8)
    trial.add_argument("--set", type=setting, action="append", default=[], metavar="NAME=NUMBER")
    tasks.add_parser("final", help="train all of PLAN on 60,000 digits")
    tasks.add_parser("keep", help="write the file that the pages read")
    options = parser.parse_args()
    options.set = dict(getattr(options, "set", []))
    return options


def layers(text):
    """Return the layers of a network of the table, or those written as JSON."""
    return NETWORKS[text] if text in NETWORKS else json.loads(text)


def setting(text):
    """Return a change of the recipe, such as rotation=10, as a pair."""
    name, _, number = text.partition("=")
    if name not in RECIPE:
        raise argparse.ArgumentTypeError(f"{name!r} is not in {', '.join(RECIPE)}")
    return name, type(RECIPE[name])(float(number))


def attempt(layers, epochs, recipe, folder):
    """Train on 50,000 digits and keep what the 10,000 held-out training digits say."""
    digits = real_digits()
    x, y = digits.x_train, digits.y_train
    model, measured = train(layers, epochs, 0, recipe, x[:-HELD_OUT], y[:-HELD_OUT])
    right = model.predict(x[-HELD_OUT:]).argmax(axis=1) == y[-HELD_OUT:]
    result = {"layers": layers, "parameters": model.count_params()}
    result |= {"epochs": epochs, "recipe": recipe, "wrong": int(HELD_OUT - right.sum())}
    result |= {"loss": measured["loss"][-1], "seconds": sum(measured["seconds"])}
    print(json.dumps(result), flush=True)
    write(folder / "tried" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json", result)


def all_finals(folder):
    """Train all of the plan, seeds outermost, but for what is finished already."""
    for seed in SEEDS:
        for row in PLAN:
            final(*row, seed, folder)


def final(network, epochs, recipe, seed, folder):
    """Train on all 60,000 digits, open the test set once, and keep which digits are wrong."""
    path = folder / "final" / f"{network}-{epochs}-{seed}.json"
    if path.exists():
        return
    digits = real_digits()
    start = NETWORKS[network], epochs, seed, recipe
    model, measured = train(*start, digits.x_train, digits.y_train)
    said = model.predict(digits.x_test).argmax(axis=1)
    wrong = [(int(n), int(said[n])) for n in (said != digits.y_test).nonzero()[0]]
    write(path, {"seed": seed, "wrong": wrong} | measured)
    print(
        network, epochs, seed, f"{len(wrong)} wrong, {sum(measured['seconds']):.0f} s", flush=True
    )


def build(table, seed=0):
    """Return a network with first weights, from its line in the table."""
    from nbhelpers import nn

    *convolutions, end = table
    layers, size = [], 28
    for filters, kernel_size, pool in convolutions:
        layers.append(nn.Conv2D(filters, kernel_size, kernel_initializer="he_normal"))
        layers += [nn.MaxPooling2D(2)] if pool else []
        layers += [nn.BatchNormalization(), nn.Activation("relu")]
        size = (size - kernel_size + 1) // (2 if pool else 1)
    layers += [nn.AveragePooling2D(size)] if end == "mean" else []
    return nn.Sequential([*layers, nn.Flatten(), nn.Dense(10)], (28, 28, 1), seed=seed)


def multiply_adds(model):
    """Count the multiplications of one forward pass: each kernel, at every place it stands."""
    count, height, width = 0, *model.input_shape[:2]
    for layer in model.layers:
        if "kernel" in layer.params:
            kernel = layer.params["kernel"]
            if kernel.ndim == 4:
                height, width = height - kernel.shape[0] + 1, width - kernel.shape[1] + 1
            count += kernel.size * (height * width if kernel.ndim == 4 else 1)
        if hasattr(layer, "pool_size"):
            height, width = height // layer.pool_size[0], width // layer.pool_size[1]
    return count


def train(layers, epochs, seed, recipe, x, y):
    """Return a trained network, and its loss and seconds of processor time by epoch."""
    import numpy as np

    from nbhelpers import nn

    model, optimizer = build(layers, seed), nn.Adam()
    told = {"loss": "categorical_crossentropy", "optimizer": optimizer}
    rng, size = np.random.default_rng((seed, 1)), recipe["batch_size"]
    measured = {"loss": [], "seconds": []}
    for epoch in range(epochs):
        start, total, order = time.process_time(), 0.0, rng.permutation(len(x))
        for at in range(0, len(x), size):
            batch = order[at : at + size]
            optimizer.learning_rate = rate((epoch + at / len(x)) / epochs, recipe)
            digits = distorted(x[batch], recipe, rng)
            total += len(batch) * model.train_on_batch(digits, y[batch], **told)["loss"]
        measured["seconds"].append(round(time.process_time() - start, 3))
        measured["loss"].append(round(total / len(x), 6))
    return model, measured


def distorted(x, recipe, rng):
    """Return each digit turned, shifted, stretched and slanted at random, if the recipe says so."""
    from nbhelpers import training

    strength = {name: recipe[name] for name in ("rotation", "shift", "zoom", "shear")}
    return training.distort_images(x, rng, **strength) if any(strength.values()) else x


def rate(part, recipe):
    """Return the learning rate when a part of all steps is done: up along a line, down a cosine."""
    import math

    if part < recipe["warm_up"]:
        return recipe["peak"] * (0.05 + 0.95 * part / recipe["warm_up"])
    left = (part - recipe["warm_up"]) / (1 - recipe["warm_up"])
    return recipe["peak"] * (1 + math.cos(math.pi * left)) / 2


def keep(folder):
    """Write what is finished to the file that the pages read; name what is missing."""
    content = {"schema": 1, "date": datetime.now(UTC).date().isoformat(), "held_out": HELD_OUT}
    content["versions"] = {"python": platform.python_version()}
    content["versions"] |= {name: version(name) for name in ("numpy", "tensorflow")}
    content["machine"] = {"processor": platform.machine(), "cores": os.cpu_count(), "threads": 1}
    content["runs"] = [finished(*row, folder) for row in PLAN]
    content["tried"] = [json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("tried/*"))]
    missing = [run["network"] for run in content["runs"] if not run["seeds"]]
    if missing:
        raise SystemExit(f"No finished training of {', '.join(missing)} in {folder}: run final.")
    write(KEPT, content)


def finished(network, epochs, recipe, folder):
    """Return the finished trainings of one row of the plan."""
    model = build(NETWORKS[network])
    paths = [folder / "final" / f"{network}-{epochs}-{seed}.json" for seed in SEEDS]
    seeds = [json.loads(path.read_text("utf-8")) for path in paths if path.exists()]
    run = {"network": network, "layers": NETWORKS[network], "parameters": model.count_params()}
    run |= {"multiply_adds": multiply_adds(model), "epochs": epochs, "recipe": recipe}
    return run | {"seeds": seeds}


def write(path, content):
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content) + "\n", "utf-8")
    partial.replace(path)


if __name__ == "__main__":
    main()
