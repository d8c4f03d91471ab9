"""How fast LeNet-5 trains: our NumPy, Keras, PyTorch (where installed), plain Python loops.

All get the same batches (random numbers of MNIST's shape: speed does not depend on what they show),
the same batch size and optimizer, and the same number of threads. They take turns, so that a busy
machine slows all of them down, and medians over the turns are compared. Keras runs its own ``fit``,
compiled, without metrics; the extra threads of its data pipeline are not held back.
"""

import argparse
import os
import statistics
import sys
import time

BATCH_SIZE = 128
LEARNING_RATE = 1e-3
MNIST = 60_000
# Multiply-adds of one image, forward: two convolutions (outputs * kernel), three dense layers.
CONV_1, CONV_2 = 24 * 24 * 6 * 25, 8 * 8 * 16 * 150
FORWARD = CONV_1 + CONV_2 + 256 * 120 + 120 * 84 + 84 * 10
# Backward needs two products like each forward one, but for the gradient of the images.
OPERATIONS = 2 * (3 * FORWARD - CONV_1)


def main():
    """Measure and print."""
    options = read_options()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)  # read when NumPy is imported, hence below
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import numpy as np

    rng = np.random.default_rng(0)
    images = options.images // BATCH_SIZE * BATCH_SIZE
    x = rng.random((images, 28, 28, 1), dtype=np.float32)
    y = rng.integers(0, 10, images)
    with_torch = train_torch(x, y, options.threads)  # first: after TensorFlow its LLVM cannot load
    trainers = {"NumPy (ours)": train_ours(x, y), "Keras": train_keras(x, y, options.threads)}
    if with_torch:
        trainers["PyTorch"] = with_torch
    for train in trainers.values():
        train()  # warm up: trace, compile, first pages of memory
    times = {name: [] for name in trainers}
    rates = []
    for _ in range(options.rounds):
        rates.append(peak_rate())
        for name, train in trainers.items():
            times[name].append(seconds(train))
    report(times, images, statistics.median(rates), options)
    report_loops(x, y, statistics.median(times["NumPy (ours)"]) / images)


def read_options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=12_800, help="a round, at least 128")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="for each library")
    options = parser.parse_args()
    if options.images < BATCH_SIZE or options.rounds < 1 or options.threads < 1:
        parser.error(f"expected --images >= {BATCH_SIZE}, --rounds >= 1, --threads >= 1")
    return options


def seconds(function):
    """Return the wall seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def our_lenet5():
    """Return LeNet-5 from nbhelpers.nn."""
    from nbhelpers import nn

    layers = [
        nn.Conv2D(6, 5, activation="relu"),
        nn.AveragePooling2D(2),
        nn.Conv2D(16, 5, activation="relu"),
        nn.AveragePooling2D(2),
        nn.Flatten(),
        nn.Dense(120, "relu"),
        nn.Dense(84, "relu"),
        nn.Dense(10),
    ]
    return nn.Sequential(layers, (28, 28, 1))


def train_ours(x, y):
    """Return a function that trains our network for an epoch."""
    from nbhelpers import nn

    model, optimizer = our_lenet5(), nn.Adam(LEARNING_RATE)
    settings = {"loss": "categorical_crossentropy", "optimizer": optimizer, "shuffle": False}
    return lambda: model.fit(x, y, batch_size=BATCH_SIZE, **settings)


def train_keras(x, y, threads):
    """Return a function that trains Keras' network for an epoch."""
    import keras
    import tensorflow as tf
    from keras import layers

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss)
    return lambda: model.fit(x, y, batch_size=BATCH_SIZE, shuffle=False, verbose=0)


def train_torch(x, y, threads):
    """Return a function that trains PyTorch's network for an epoch; None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(threads)
    nn = torch.nn
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten()),
        *(nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    images, labels = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(y)

    def train():
        for batch in range(0, len(images), BATCH_SIZE):
            chosen = slice(batch, batch + BATCH_SIZE)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[chosen]), labels[chosen]).backward()
            optimizer.step()

    return train


def peak_rate(size=1024, repeats=8):
    """Return the operations a second of a large float32 matrix product: what the machine can do."""
    import numpy as np

    a = np.ones((size, size), np.float32)
    return 2 * size**3 / min(seconds(lambda: a @ a) for _ in range(repeats))


def report(times, images, peak, options):
    """Print one line a library."""
    print(
        f"LeNet-5, float32, batch {BATCH_SIZE}, Adam, {options.threads} thread(s) each; median of "
        f"{options.rounds} rounds of {images:,} images"
    )
    ours = times["NumPy (ours)"]
    for name, values in times.items():
        median = statistics.median(values)
        rate = images * OPERATIONS / median
        print(
            f"{name:<14} {median / images * MNIST:6.2f} s per {MNIST:,} images "
            f"(from {min(values) / images * MNIST:.2f} to {max(values) / images * MNIST:.2f}), "
            f"{rate / 1e9:5.1f} GFLOP/s = {rate / peak:4.0%} of sgemm's {peak / 1e9:.0f}"
        )
        if name != "NumPy (ours)":
            ratios = [a / b for a, b in zip(ours, values, strict=True)]
            print(
                f"{'':<14} ours / {name}: {statistics.median(ratios):.2f} "
                f"(from {min(ratios):.2f} to {max(ratios):.2f}); below 1, ours is faster"
            )
    if "PyTorch" not in times:
        print("PyTorch        not installed")


def report_loops(x, y, ours, images=3):
    """Time the plain loops on a few images, check their gradients, and print the ratio."""
    import numpy as np
    from plain_python import gradients

    from nbhelpers import nn

    model = our_lenet5()
    weights = [weight.tolist() for weight in model.get_weights()]
    start = time.perf_counter()
    found = [gradients(x[i].tolist(), int(y[i]), weights)[1] for i in range(images)]
    loops = (time.perf_counter() - start) / images
    _, cache = nn.categorical_crossentropy(model.forward(x[:images], training=True), y[:images])
    model.backward(nn.categorical_crossentropy_backward(cache))
    for number, expected in enumerate(model.grads.values()):
        mean = np.mean([np.array(one[number]) for one in found], axis=0)
        if not np.allclose(mean, expected, atol=1e-5):
            sys.exit("The plain loops' gradients differ from ours: nothing to compare.")
    print(
        f"Plain loops    {loops * MNIST / 3600:6.2f} h per {MNIST:,} images (from {images} images, "
        f"without the optimizer's step): ours is {loops / ours:,.0f} times as fast"
    )


if __name__ == "__main__":
    main()
