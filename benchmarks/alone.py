"""Measure our package alone: time a layer, memory over epochs, the machine's limits; print JSON."""

import json
import statistics
import time

from counting import work
from loops import loops
from machine import bandwidth, peak_rate, processor, resident, versions
from networks import NETWORKS, ours
from trainers import data

from nbhelpers.nn import categorical_crossentropy, categorical_crossentropy_backward

EPOCHS, STEPS = 12, 60


def main():
    """Measure LeNet-5."""
    network = NETWORKS["LeNet-5"]
    found = {"processor": processor(), "versions": versions(), "memory": memory(network)}
    found |= {"profile": profile(network), "loops": loops(ours(network)[0], *data(network, 30))}
    print(json.dumps(found))


def memory(network):
    """Return the bytes that the process holds after two epochs and after the last."""
    (x, y), (model, optimizer) = data(network, 30), ours(network)
    held = []
    for _ in range(EPOCHS):
        model.fit(x, y, batch_size=network.batch_size, loss=network.loss, optimizer=optimizer)
        held.append(resident())
    return {"epochs": EPOCHS, "after 2 epochs": held[1], "after the last": held[-1]}


def profile(network):
    """Return what a layer costs and must do, and the two limits of the machine."""
    (x, y), (model, optimizer) = data(network, 1), ours(network)
    took = {}
    for _ in range(STEPS):
        step(model, optimizer, x, y, took)
    layers = [
        {
            "layer": one.layer,
            "forward": statistics.median(took[number, "forward"]),
            "backward": statistics.median(took[number, "backward"]),
            "operations": one.operations,
            "bytes": one.bytes,
        }
        for number, one in enumerate(work(network))
    ]
    others = {name: statistics.median(took[name]) for name in ("loss", "optimizer")}
    return {"layers": layers, "others": others, "peak": peak_rate(), "bandwidth": bandwidth()}


def step(model, optimizer, x, y, took):
    """Take one step of training, adding the seconds of each part to ``took``."""

    def timed(part, function, *arguments, **settings):
        start = time.perf_counter()
        result = function(*arguments, **settings)
        took.setdefault(part, []).append(time.perf_counter() - start)
        return result

    for number, layer in enumerate(model.layers):
        x = timed((number, "forward"), layer.forward, x, training=True)
    dout = timed("loss", loss_gradient, x, y)
    for number, layer in reversed(list(enumerate(model.layers))):
        settings = {"input_gradient": number > 0}
        dout = timed((number, "backward"), layer.backward, dout, **settings)
    timed("optimizer", optimizer.update, model.params, model.grads)


def loss_gradient(logits, y):
    """Return the gradient of the loss with respect to the logits."""
    return categorical_crossentropy_backward(categorical_crossentropy(logits, y)[1])


if __name__ == "__main__":
    main()
