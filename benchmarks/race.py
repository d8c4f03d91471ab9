"""Race the libraries with the number of threads that the environment names; print JSON."""

import json
import os
import statistics
import sys

from counting import products
from machine import peak_rate, seconds
from networks import NETWORKS
from trainers import data, train_keras, train_ours, train_torch

BATCHES = {"LeNet-5": 40, "E2, dense": 6, "E6, one kernel": 200, "E6, compact": 10}
TRIES = 2  # epochs after the first of each way of setting a library up


def main():
    """Race on every network."""
    rounds, known = int(sys.argv[1]), json.loads(sys.argv[2])
    threads = int(os.environ["OMP_NUM_THREADS"])
    libraries = {"ours": train_ours, "PyTorch": train_torch, "Keras": train_keras}
    if not torch_ready(threads):
        del libraries["PyTorch"]
    keras_ready(threads)
    peaks, found = [], {}
    for name, network in NETWORKS.items():
        print(f"{name}, {threads} thread(s)", file=sys.stderr)
        x, y = data(network, BATCHES[name])
        only = known.get(name, {})
        chosen = {
            library: fastest(ways(network, x, y), only.get(library))
            for library, ways in libraries.items()
        }
        times = {library: [] for library in libraries}
        for _ in range(rounds):
            peaks.append(peak_rate())
            for library, (_, epoch) in chosen.items():
                times[library].append(seconds(epoch))
        found[name] = {"images": len(x), "libraries": {}}
        rate = len(x) * products(network) / statistics.median(peaks[-rounds:])
        for library, turns in times.items():
            way = chosen[library][0]
            found[name]["libraries"][library] = summary(turns, times["ours"], rate) | {"way": way}
    print(json.dumps({"peak": statistics.median(peaks), "networks": found}))


def torch_ready(threads):
    """Import PyTorch, after TensorFlow its LLVM cannot load; say whether it is installed."""
    try:
        import torch
    except ImportError:
        return False
    torch.set_num_threads(threads)
    return True


def keras_ready(threads):
    """Give TensorFlow its threads, which it takes only before it has begun."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def fastest(ways, only=None):
    """Return the name and function of the fastest way, or of the one that is known to be."""
    tried = {}
    for name, epoch in ways:
        if only not in (None, name):
            continue
        try:
            epoch()  # traces, compiles, gets its first memory
        except Exception as error:  # a compiler that is missing, say: the other ways go on
            print(f"{name}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        tried[name] = min(seconds(epoch) for _ in range(TRIES)), epoch
        print(f"{tried[name][0]:7.3f} s  {name}", file=sys.stderr)
    best = min(tried, key=lambda name: tried[name][0])
    return best, tried[best][1]


def summary(turns, ours, least):
    """Return the median, the share of the peak, and the ratio with its range, of one library."""
    median = statistics.median(turns)
    found = {"median": median, "turns": turns, "share": least / median}
    if turns is ours:
        return found
    ratios = [a / b for a, b in zip(ours, turns, strict=True)]
    return found | {"ratio": statistics.median(ratios), "range": [min(ratios), max(ratios)]}


if __name__ == "__main__":
    main()
