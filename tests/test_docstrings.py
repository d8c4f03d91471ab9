"""What chapters import is documented as numpydoc wants it: each parameter, and no other."""

import importlib
from dataclasses import is_dataclass

import pytest
from numpydoc.validate import validate

MODULES = [
    "baselines",
    "checks",
    "comparing",
    "datasets",
    "exercises",
    "fourways",
    "nn",
    "plotting",
    "reporting",
    "results",
    "symbolic",
    "text",
    "training",
]
# No docstring; a parameter that is missing, unknown or out of order; no summary.
COUNTED = {"GL08", "PR01", "PR02", "PR03", "SS01"}


def documented():
    """Return the public functions and classes; a dataclass documents attributes instead."""
    objects = {}
    for module in map(importlib.import_module, [f"nbhelpers.{name}" for name in MODULES]):
        objects |= {f"{module.__name__}.{name}": getattr(module, name) for name in module.__all__}
    return [name for name, value in objects.items() if callable(value) and not is_dataclass(value)]


@pytest.mark.parametrize("name", documented())
def test_documented(name):
    errors = [error for error in validate(name)["errors"] if error[0] in COUNTED]
    assert errors == []
