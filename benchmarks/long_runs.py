"""Train the article's two networks to the end: 5,000 epochs each, in hours, on one thread.

The pages train the same recipe (squared error, SGD with learning rate 0.05, batches of 2,048) for a
few epochs. Where it leads, this script measured once, on the real digits, with one seed a network:

    python benchmarks/long_runs.py dense &
    python benchmarks/long_runs.py lenet5 &
    python benchmarks/long_runs.py keep

Killed at any point, it goes on from its last checkpoint. Plain SGD has no state, and the order of
the digits depends on seed and epoch alone, so a run in pieces is the same run. `keep` writes what
the checkpoints have measured, finished or not, to the file that the pages read.
"""

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "nbhelpers" / "kept" / "long-runs.json"
SETTINGS = {"loss": "mean squared error", "optimizer": "SGD", "learning_rate": 0.05}
SETTINGS |= {"batch_size": 2048, "epochs": 5000, "kernel_initializer": "glorot_uniform", "seed": 0}
# A step needs the gradient of 2,048 digits. LeNet-5's feature maps of so many do not fit into a
# processor's cache: the gradients of sixteen pieces, added up, are the same and faster.
PIECE = {"dense": 2048, "lenet5": 128}
CHECKPOINT_SECONDS = 60


def main():
    """Train, from the last checkpoint on, until the end or until somebody stops it."""
    options = read_options()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # read when NumPy is imported, hence imports in functions
    if options.task == "keep":
        keep(options.checkpoints)
    else:
        train(options.task, options.epochs, options.checkpoints / f"{options.task}.npz")


def read_options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=["dense", "lenet5", "keep"])
    parser.add_argument("--epochs", type=int, default=SETTINGS["epochs"])
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "_build" / "long-runs")
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error(f"expected --epochs >= 1, found {options.epochs}")
    return options


def train(network, epochs, path):
    """Train one network; write a checkpoint every minute and at the end."""
    digits = real_digits()
    model = NETWORKS[network](SETTINGS["seed"])
    state = resume(model, path)
    saved = time.monotonic()
    while state["epoch"] < epochs:
        train_one_epoch(model, digits, state, PIECE[network])
        if state["epoch"] in worth_measuring(epochs):
            state["curve"].append(measure(model, digits, state))
            print(network, json.dumps(state["curve"][-1]), flush=True)
        if time.monotonic() - saved > CHECKPOINT_SECONDS or state["epoch"] == epochs:
            save(model, path, state)
            saved = time.monotonic()


@cache
def real_digits():
    """Return all of MNIST; the few embedded digits would give another result without a word."""
    from nbhelpers import datasets

    digits = datasets.load_mnist()
    if len(digits.x_train) != 60_000 or len(digits.x_test) != 10_000:
        raise SystemExit(
            f"Found {len(digits.x_train):,} and {len(digits.x_test):,} digits; this run needs all "
            "60,000 and 10,000. Fetch them first: python -m nbhelpers.datasets fetch"
        )
    return digits


def dense(seed):
    """Return the article's dense network."""
    from nbhelpers import nn

    hidden = [nn.Dense(256, "relu") for _ in range(3)]
    return nn.Sequential([nn.Flatten(), *hidden, nn.Dense(10, "softmax")], (28, 28, 1), seed=seed)


def lenet5(seed):
    """Return the article's LeNet-5."""
    from nbhelpers import nn

    layers = [
        nn.Conv2D(6, 5, activation="relu"),
        nn.AveragePooling2D(2),
        nn.Conv2D(16, 5, activation="relu"),
        nn.AveragePooling2D(2),
        nn.Flatten(),
        nn.Dense(120, "relu"),
        nn.Dense(84, "relu"),
        nn.Dense(10, "softmax"),
    ]
    return nn.Sequential(layers, (28, 28, 1), seed=seed)


NETWORKS = {"dense": dense, "lenet5": lenet5}


def train_one_epoch(model, digits, state, piece):
    """Take one step for each 2,048 digits; add epoch, loss and processor time to the state."""
    import numpy as np

    from nbhelpers import nn

    start = time.process_time()
    one_hot = np.eye(10, dtype=np.float32)[digits.y_train]
    order = np.random.default_rng((SETTINGS["seed"], state["epoch"])).permutation(len(one_hot))
    optimizer, total = nn.SGD(SETTINGS["learning_rate"]), 0.0
    for at in range(0, len(order), SETTINGS["batch_size"]):
        batch = order[at : at + SETTINGS["batch_size"]]
        loss, gradients = batch_gradient(model, digits.x_train, one_hot, batch, piece)
        optimizer.update(model.params, gradients)
        total += loss * len(batch)
    state["epoch"] += 1
    state["loss"] = total / len(order)
    state["seconds"] += time.process_time() - start


def batch_gradient(model, x, y, batch, piece):
    """Return loss and gradients of a batch, as the weighted means over its pieces."""
    from nbhelpers import nn

    loss, gradients = 0.0, {}
    for at in range(0, len(batch), piece):
        chosen = batch[at : at + piece]
        share = len(chosen) / len(batch)
        value, cache = nn.mean_squared_error(model.forward(x[chosen], training=True), y[chosen])
        model.backward(share * nn.mean_squared_error_backward(cache))
        loss += share * value
        for name, gradient in model.grads.items():
            gradients[name] = gradients[name] + gradient if name in gradients else gradient.copy()
    return loss, gradients


def worth_measuring(epochs, per_decade=12):
    """Return the epochs to measure at: equally far apart on a logarithmic scale, and the last."""
    import numpy as np

    steps = round(np.log10(epochs) * per_decade) + 1
    return {round(10 ** (step / per_decade)) for step in range(steps)} | {epochs}


def measure(model, digits, state):
    """Return what the curve shows of one epoch."""
    import numpy as np

    from nbhelpers import nn

    outputs = model.predict(digits.x_test)
    loss, _ = nn.mean_squared_error(outputs, np.eye(10, dtype=np.float32)[digits.y_test])
    return {
        "epoch": state["epoch"],
        "seconds": round(state["seconds"], 1),
        "loss": float(state["loss"]),
        "test_loss": float(loss),
        "test_accuracy": float(np.mean(outputs.argmax(axis=1) == digits.y_test)),
    }


def resume(model, path):
    """Load the last checkpoint into the model; return its state, or that of a beginning."""
    import numpy as np

    if not path.exists():
        return {"epoch": 0, "loss": None, "seconds": 0.0, "curve": []}
    state = read_state(path)
    with np.load(path, allow_pickle=False) as file:
        model.set_weights([file[f"weight_{n}"] for n in range(len(model.get_weights()))])
    print(f"{path.stem}: goes on after epoch {state['epoch']:,}", flush=True)
    return state


def read_state(path):
    """Return how far a checkpoint's run is, and what was measured on the way."""
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        return json.loads(str(file["state"]))


def save(model, path, state):
    """Write a checkpoint, whole or not at all."""
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    weights = {f"weight_{n}": weight for n, weight in enumerate(model.get_weights())}
    np.savez(partial, state=json.dumps(state), **weights)
    partial.replace(path)


def keep(checkpoints):
    """Write what the checkpoints hold to the file that the pages read; name what is missing."""
    import numpy as np

    content = {"schema": 1, "settings": SETTINGS, "runs": {}}
    content["date"] = datetime.now(UTC).date().isoformat()
    content["versions"] = {"python": platform.python_version(), "numpy": np.__version__}
    for network, build in NETWORKS.items():
        path = checkpoints / f"{network}.npz"
        if not path.exists():
            raise SystemExit(f"{path} is missing: train {network} first.")
        state = read_state(path)
        run = {"parameters": build(SETTINGS["seed"]).count_params(), "epochs": state["epoch"]}
        content["runs"][network] = run | {"curve": state["curve"]}
    KEPT.parent.mkdir(exist_ok=True)
    partial = KEPT.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    partial.replace(KEPT)


if __name__ == "__main__":
    main()
