"""One epoch of training by each library, set up as its own documentation advises for speed.

Keras and PyTorch can be set up in more than one way, and which is fastest depends on the network
and on the machine. Each way is a candidate; `bench.py` tries all and times the fastest.
"""

import numpy as np
from networks import RATES, in_keras, in_torch, ours


def data(network, batches):
    """Return random images and what the loss takes; speed does not depend on what they show."""
    rng = np.random.default_rng(0)
    images = network.batch_size * batches
    x = rng.random((images, 28, 28, 1), dtype=np.float32)
    y = rng.integers(0, 10, images)
    return x, np.eye(10, dtype=np.float32)[y] if network.loss == "mean_squared_error" else y


def train_ours(network, x, y):
    """Yield the name of a way of training, and a function that trains for an epoch."""
    model, optimizer = ours(network)
    settings = {"batch_size": network.batch_size, "loss": network.loss, "optimizer": optimizer}
    yield "fit", lambda: model.fit(x, y, shuffle=False, **settings)


def train_keras(network, x, y):
    """Yield Keras' compiled ``fit``, with and without XLA, a step or ten at a time."""
    import keras

    losses = {
        "mean_squared_error": keras.losses.MeanSquaredError(),
        "categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    }
    for jit, steps in ((False, 1), (False, 10), (True, 1)):
        model = in_keras(network)
        optimizer = getattr(keras.optimizers, network.optimizer)(RATES[network.optimizer])
        loss = losses[network.loss]
        model.compile(optimizer, loss, jit_compile=jit, steps_per_execution=steps)
        settings = {"batch_size": network.batch_size, "shuffle": False, "verbose": 0}
        name = f"fit, XLA {'on' if jit else 'off'}, steps_per_execution={steps}"
        yield name, lambda model=model, settings=settings: model.fit(x, y, **settings)


def train_torch(network, x, y):
    """Yield PyTorch's loop over batches: eager, channels last, and compiled."""
    import torch

    images = torch.from_numpy(x).permute(0, 3, 1, 2)
    last = torch.channels_last
    candidates = {
        "eager": (images.contiguous(), lambda model: model),
        "channels last": (
            images.to(memory_format=last),
            lambda model: model.to(memory_format=last),
        ),
        "torch.compile": (images.contiguous(), torch.compile),
    }
    for name, (images, prepare) in candidates.items():
        model = in_torch(network)
        model(images[:2])  # the lazy layers find their sizes
        yield name, _torch_epoch(network, prepare(model), images, torch.from_numpy(y))


def _torch_epoch(network, model, images, labels):
    """Return a function that trains PyTorch's model for an epoch."""
    import torch

    losses = {
        "mean_squared_error": torch.nn.functional.mse_loss,
        "categorical_crossentropy": torch.nn.functional.cross_entropy,
    }
    loss, size = losses[network.loss], network.batch_size
    optimizer = getattr(torch.optim, network.optimizer)(
        model.parameters(), RATES[network.optimizer]
    )

    def epoch():
        for start in range(0, len(images), size):
            optimizer.zero_grad()
            loss(model(images[start : start + size]), labels[start : start + size]).backward()
            optimizer.step()

    return epoch
