"""What a step of training must do at least: operations, and bytes to be moved, layer by layer."""

import math
from typing import NamedTuple

BYTES = 4  # of a float32


class Work(NamedTuple):
    """The work of one layer on one batch, forward and backward."""

    layer: str
    operations: int
    bytes: int

    @property
    def intensity(self):
        """Operations a byte."""
        return self.operations / self.bytes


def work(network, shape=(28, 28, 1)):
    """Return the work of each layer of a network, in its order.

    A layer with a kernel needs one product forward and two backward, but for the first one, whose
    images need no gradient; a product has two operations for each multiplication. Other layers
    count as one operation a number forward and one backward. What is moved at least is each array
    once a pass: input, kernel and output forward; input, kernel, the output's gradient and the two
    gradients made backward. A library that copies patches moves more.
    """
    found = []
    for number, (kind, *sizes) in enumerate(network.layers):
        out = out_shape(kind, sizes, shape)
        inputs, outputs = (network.batch_size * math.prod(one) for one in (shape, out))
        kernel = kernel_size(kind, sizes, shape)
        first = not any(one.operations for one in found)
        products = 2 if first else 3
        if kernel:
            operations = 2 * products * outputs * kernel // out[-1]
        else:
            operations = 2 * max(inputs, outputs)
        if kind == "flatten":
            operations, moved = 0, 0
        else:
            moved = BYTES * (inputs + kernel + outputs)  # forward
            moved += BYTES * (inputs + outputs + 2 * kernel + (0 if first else inputs))
        found.append(Work(f"{number + 1} {kind}", operations, moved))
        shape = out
    return found


def out_shape(kind, sizes, shape):
    """Return the shape of one output."""
    if kind == "flatten":
        return (math.prod(shape),)
    if kind == "dense":
        return (sizes[0],)
    if kind == "conv":
        filters, size, stride = (*sizes, 1)[:3]
        return (*((side - size) // stride + 1 for side in shape[:2]), filters)
    if kind in ("average", "max"):
        return (*(side // sizes[0] for side in shape[:2]), shape[2])
    return shape


def kernel_size(kind, sizes, shape):
    """Return how many numbers the kernel holds; 0 for a layer without one."""
    if kind == "conv":
        return sizes[1] ** 2 * shape[2] * sizes[0]
    return shape[0] * sizes[0] if kind == "dense" else 0


def products(network):
    """Return the operations of all products of one image: what shares of the peak count."""
    kernels = ("conv", "dense")
    pairs = zip(network.layers, work(network), strict=True)
    return sum(one.operations for (kind, *_), one in pairs if kind in kernels) / network.batch_size
