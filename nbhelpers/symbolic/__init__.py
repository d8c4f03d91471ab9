"""Derivations by SymPy: shown as LaTeX step by step, verified, and turned into NumPy."""

from nbhelpers.symbolic._derivation import Derivation, Step, Verification
from nbhelpers.symbolic._network import derive_network

__all__ = ["Derivation", "Step", "Verification", "derive_network"]
