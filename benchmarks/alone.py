"""Measure our package alone: time a layer, memory over epochs, the machine's limits; print JSON."""

import json
import time

from counting import work
from loops import loops
from machine import bandwidth, peak_rate, processor, resident, versions
from networks import NETWORKS, ours
from trainers import data

EPOCHS, STEPS = 12, 50


def main():
    """Measure memory and loops on LeNet-5, and profile every network."""
    lenet5 = NETWORKS["LeNet-5"]
    found = {"processor": processor(), "versions": versions(), "memory": memory(lenet5)}
    found |= {"peak": peak_rate(repeats=40), "bandwidth": bandwidth()}
    found |= {"loops": loops(ours(lenet5)[0], *data(lenet5, 30))}
    found |= {"profile": {name: profile(network) for name, network in NETWORKS.items()}}
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
    """Return the seconds of each layer in a step of training, and what it has to do at least."""
    (x, y), (model, optimizer) = data(network, 1), ours(network)
    took = {}
    for number, layer in enumerate(model.layers):
        for name in ("forward", "backward"):
            watch(layer, name, took.setdefault((number, name), []))
    watch(optimizer, "update", took.setdefault("optimizer", []))
    watch(model, "train_on_batch", took.setdefault("step", []))
    for _ in range(STEPS):
        model.train_on_batch(x, y, loss=network.loss, optimizer=optimizer)
    best = took["step"].index(min(took["step"]))  # the step that was disturbed least
    shortest = {part: turns[best] if turns else 0.0 for part, turns in took.items()}
    layers = [
        {
            "layer": one.layer,
            "forward": shortest[number, "forward"],
            "backward": shortest[number, "backward"],
            "operations": one.operations,
            "bytes": one.bytes,
        }
        for number, one in enumerate(work(network))
    ]
    return {"layers": layers, "optimizer": shortest["optimizer"], "step": shortest["step"]}


def watch(owner, name, turns):
    """Have a method of ``owner`` note the seconds that each of its calls takes."""
    method = getattr(owner, name)

    def watched(*arguments, **settings):
        start = time.perf_counter()
        result = method(*arguments, **settings)
        turns.append(time.perf_counter() - start)
        return result

    setattr(owner, name, watched)


if __name__ == "__main__":
    main()
