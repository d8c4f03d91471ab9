"""Derivations by SymPy: shown as LaTeX step by step, verified, and turned into NumPy."""

from nbhelpers.symbolic._derivation import Derivation
from nbhelpers.symbolic._layers import (
    derive_activation,
    derive_average_pool2d,
    derive_batch_norm,
    derive_conv2d,
    derive_dense,
    derive_max_pool2d,
    derive_softmax_cross_entropy,
)
from nbhelpers.symbolic._network import derive_network
from nbhelpers.symbolic._steps import Step
from nbhelpers.symbolic._verification import Verification

__all__ = [
    "Derivation",
    "Step",
    "Verification",
    "derive_activation",
    "derive_average_pool2d",
    "derive_batch_norm",
    "derive_conv2d",
    "derive_dense",
    "derive_max_pool2d",
    "derive_network",
    "derive_softmax_cross_entropy",
]
