"""What the page measures of a network's probabilities is what the chapter's functions measure."""

import ast
from pathlib import Path

import jupytext
import living_nets
import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from test_living_numbers import run_node

from nbhelpers import nn

CHAPTER = Path(__file__).parents[1] / "book/networks/calibration.md"
NAMES = ("in_bins", "calibration_error", "log_loss", "temperature")


def functions_of_the_chapter():
    """Return the functions that the chapter defines, by name."""
    cells = jupytext.read(CHAPTER, fmt="md:myst").cells
    code = ast.parse("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    kept = [one for one in code.body if isinstance(one, ast.FunctionDef) and one.name in NAMES]
    table = {"np": np, "nn": nn, "softmax": nn.softmax, "minimize_scalar": minimize_scalar}
    exec(compile(ast.Module(kept, []), str(CHAPTER), "exec"), table)
    return {name: table[name] for name in NAMES}


def slope(log_t, logits, y):
    """Return the loss's derivative with respect to 1/T: expected minus true logit."""
    p = nn.softmax(logits / np.exp(log_t))
    return np.mean((p * logits).sum(axis=1) - logits[np.arange(len(y)), y])


def calibration_case(of, logits, y):
    looks = []
    for t in (0.3, 1.0, 1.37, 2.0, 5.9):
        p = nn.softmax(logits / t)
        count, confidence, right = (part.tolist() for part in of["in_bins"](p, y))
        look = {"temperature": t, "count": count, "confidence": confidence, "right": right}
        error, loss = of["calibration_error"](p, y), of["log_loss"](logits / t, y)
        looks.append(look | {"error": float(error), "loss": float(loss)})
    best = np.exp(brentq(slope, -3, 3, args=(logits, y), xtol=1e-13))
    assert best == pytest.approx(of["temperature"](logits, y), rel=1e-4)  # its own tolerance
    case = {"logits": logits.ravel().tolist(), "labels": y.tolist(), "classes": logits.shape[1]}
    return case | {"looks": looks, "best": best}


def test_a_temperature_on_the_networks_logits(tmp_path):
    of, rng = functions_of_the_chapter(), np.random.default_rng(0)
    toy = living_nets.too_sure()
    cases = [calibration_case(of, np.float64(toy["logits"]), toy["labels"].astype(int))]
    for scale in (0.5, 6):
        logits = np.float64(np.float16(rng.normal(scale=scale, size=(200, 4))))
        mostly = np.where(rng.random(200) < 0.7, logits.argmax(axis=1), rng.integers(4, size=200))
        cases.append(calibration_case(of, logits, mostly))
    run_node("reliability.test.mjs", cases, tmp_path)
