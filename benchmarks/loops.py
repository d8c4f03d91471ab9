"""LeNet-5 in plain loops, whose gradients have to be ours: what NumPy saves us from."""

import statistics
import sys

import numpy as np
from machine import seconds
from plain_python import gradients

from nbhelpers import nn

IMAGES, TURNS = 2, 5
LOSS = "categorical_crossentropy"


def loops(model, x, y):
    """Return the seconds of an image's gradients in plain loops, and of a step of ours."""
    found = []
    weights = [weight.tolist() for weight in model.get_weights()]
    images, labels = x[:IMAGES], y[:IMAGES]

    def by_loops():
        for image, label in zip(images, labels, strict=True):
            found.append(gradients(image.tolist(), int(label), weights)[1])

    took = seconds(by_loops) / IMAGES
    _, cache = nn.categorical_crossentropy(model.forward(images, training=True), labels)
    model.backward(nn.categorical_crossentropy_backward(cache))
    for number, expected in enumerate(model.grads.values()):
        mean = np.mean([np.array(one[number]) for one in found], axis=0)
        if not np.allclose(mean, expected, atol=1e-5):
            sys.exit("The plain loops' gradients differ from ours: nothing to compare.")
    settings = {"batch_size": 128, "loss": LOSS, "optimizer": nn.Adam()}
    epochs = [seconds(lambda: model.fit(x, y, **settings)) for _ in range(TURNS)]
    return {"seconds": took, "ours": statistics.median(epochs) / len(x)}
