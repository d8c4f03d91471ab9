"""The four routes to a gradient agree, and would not if one of them were wrong."""

import numpy as np
import pytest

from nbhelpers import fourways, nn, symbolic
from nbhelpers.errors import DerivationError

# Rounding in float64; for finite differences also the error of the formula.
ALLOWED = {"SymPy": 1e-13, "TensorFlow": 1e-13, "finite differences": 1e-8}


@pytest.mark.parametrize(("batch", "seed"), [(4, 0), (1, 1)])
@pytest.mark.parametrize("name", fourways.names())
def test_four_ways_agree(name, batch, seed):
    found = fourways.compare(name, batch, seed)
    for route, difference in found.differences().items():
        assert difference < ALLOWED[route], route
    assert list(found.values.values()) == pytest.approx([found.values["NumPy"]] * 3, rel=1e-13)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "prelu", "elu"])
def test_at_the_kink_three_ways_agree(name):
    found = fourways.compare(name, z=np.zeros((4, 1)), dout=np.array([[1.0], [-2], [3], [4]]))
    for routes in found.gradients.values():
        np.testing.assert_array_equal(routes["SymPy"], routes["NumPy"])
        np.testing.assert_array_equal(routes["TensorFlow"], routes["NumPy"])
    assert set(found.values.values()) == {0}


@pytest.mark.parametrize("name", ["max_pool2d", "max_pool2d, overlapping, same"])
def test_of_equal_maxima_the_same_pixel_wins(name):
    x = np.random.default_rng(0).integers(0, 2, size=(4, 5, 4, 1)).astype(float)
    found = fourways.compare(name, x=x).differences()
    assert max(found["SymPy"], found["TensorFlow"]) < 1e-13  # differences know no kinks


@pytest.mark.parametrize("name", [*fourways.ACTIVATIONS, "softmax"])
def test_saturated_inputs(name):
    units = 3 if name == "softmax" else 1
    z = np.array([[-300.0], [-40.0], [40.0], [300.0]]) * np.linspace(1, 0.5, units)
    for route, difference in fourways.compare(name, z=z).differences().items():
        assert difference < ALLOWED[route], route


SATURATED = np.array([[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 1000.0]])


def test_a_saturated_softmax_has_its_gradient_four_ways():
    found = fourways.compare("softmax", batch=2, z=SATURATED, dout=np.array([[1.0, 2, 3]] * 2))
    for route, difference in found.differences().items():
        assert difference < ALLOWED[route], route
    np.testing.assert_array_equal(found.gradients["z"]["SymPy"], [[0, 0, 0], [0, -0.25, 0.25]])


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "binary_crossentropy"])
def test_a_saturated_loss_has_its_gradient_four_ways(loss):
    found = fourways.compare(loss, batch=2, x=SATURATED)
    for route, difference in found.differences().items():
        assert difference < 1000 * ALLOWED[route], route  # the inputs are of that size


def test_a_wrong_backward_pass_stands_out(monkeypatch):
    right = nn.dense_backward
    monkeypatch.setattr(nn, "dense_backward", lambda *a: (*right(*a)[:2], right(*a)[2] * 1.001))
    assert min(fourways.compare("dense").differences().values()) > 1e-5


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_is_refused_whichever_array_it_is_in(monkeypatch, bad):
    right = nn.dense_backward
    monkeypatch.setattr(nn, "dense_backward", lambda *a: (*right(*a)[:2], right(*a)[2] * bad))
    with pytest.raises(DerivationError, match="NumPy gives .* for bias; expected finite"):
        fourways.compare("dense")


def test_a_loss_that_is_no_number_is_refused(monkeypatch):
    right = fourways._by_tensorflow
    monkeypatch.setattr(fourways, "_by_tensorflow", lambda *a: (np.inf, right(*a)[1]))
    with pytest.raises(DerivationError, match="TensorFlow gives inf for the loss; expected finite"):
        fourways.compare("dense")


@pytest.mark.parametrize("given", ["epsilon", "nothing"])
def test_what_only_one_route_would_receive_is_refused(given):
    with pytest.raises(DerivationError, match=f"given {given}, which not all four routes receive"):
        fourways.compare("batch_norm", **{given: np.array([0.5])})


def test_results_can_be_compared_with_each_other():
    first, second = fourways.compare("dense"), fourways.compare("dense")
    assert first == first
    assert first != second
    assert symbolic.derive_dense() != symbolic.derive_dense()


def test_every_layer_activation_and_loss_of_nn_is_compared():
    differentiable = {
        name.removesuffix("_backward") for name in nn.__all__ if name.endswith("_backward")
    }
    assert differentiable - {"flatten", "dropout"} <= set(fourways.names())


def test_one_entry_is_shown_four_times():
    found = fourways.compare("dense")
    shown = found.entry("kernel", (2, 1))
    assert list(shown.columns) == ["NumPy", "SymPy", "TensorFlow", "finite differences"]
    assert list(shown.index) == ["dL/dkernel[2, 1]"]
    np.testing.assert_allclose(
        shown.iloc[0].astype(float), found.gradients["kernel"]["NumPy"][2, 1], atol=1e-8
    )
    assert found._repr_html_().count("<td>") == 4


def test_table_has_a_row_for_each_name(monkeypatch):
    monkeypatch.setattr(fourways, "names", lambda: ["dense", "relu"])
    table = fourways.table(seed=3)
    assert list(table.index) == ["dense", "relu"]
    assert list(table.columns) == ["SymPy", "TensorFlow", "finite differences"]
    assert table.to_numpy().max() < 1e-8


def test_an_unknown_name_is_refused():
    with pytest.raises(DerivationError, match="max_pool2d"):
        fourways.compare("conv3d")
