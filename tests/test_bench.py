"""The bench: one description of a network gives the same network everywhere, and its work."""

import bench
import counting
import numpy as np
import pytest
import race
from networks import NETWORKS, in_keras, ours

from nbhelpers import results


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_counted_are_the_layers_of_the_networks(name):
    network, model = NETWORKS[name], ours(NETWORKS[name])[0]
    shape, kernels = (28, 28, 1), []
    for (kind, *sizes), built in zip(network.layers, model._output_shapes, strict=True):
        kernels.append(counting.kernel_size(kind, sizes, shape))
        shape = counting.out_shape(kind, sizes, shape)
        assert shape == built
    held = [layer.params["kernel"].size for layer in model.layers if "kernel" in layer.params]
    assert [size for size in kernels if size] == held
    assert in_keras(network).count_params() >= model.count_params()  # moving averages are counted


def test_the_work_of_lenet5_is_that_of_its_formulas():
    conv_1, conv_2, dense = 24 * 24 * 6 * 25, 8 * 8 * 16 * 150, 256 * 120 + 120 * 84 + 84 * 10
    operations = 2 * (3 * (conv_1 + conv_2 + dense) - conv_1)
    assert counting.products(NETWORKS["LeNet-5"]) == operations
    first = counting.work(NETWORKS["LeNet-5"])[0]
    images, maps, kernel = 128 * 28 * 28, 128 * 24 * 24 * 6, 150
    assert first.bytes == 4 * (images + kernel + maps + images + maps + 2 * kernel)
    assert first.intensity == first.operations / first.bytes


def test_the_fastest_way_races_and_one_that_fails_does_not(capsys):
    def fails():
        raise RuntimeError("no compiler")

    def slow():
        np.sort(np.arange(2_000_000)[::-1] % 1009)

    assert race.fastest([("a", fails), ("b", slow), ("c", lambda: None)])[0] == "c"
    assert "a: no compiler" in capsys.readouterr().err
    assert race.fastest([("b", slow), ("c", lambda: None)], only="b")[0] == "b"


def test_ratios_are_of_turns_that_stand_side_by_side():
    ours = [1.0, 3.0, 2.0]
    found = race.summary([2.0, 3.0, 8.0], ours, least=1.5)
    assert (found["ratio"], found["range"], found["share"]) == (0.5, [0.25, 1.0], 0.5)
    assert "ratio" not in race.summary(ours, ours, least=1.0)


def test_what_is_kept_has_every_network_and_no_name_of_a_machine():
    kept = results.read_kept("bench")
    for run in kept["runs"]:
        for found in run.values():
            assert set(found["networks"]) == set(NETWORKS)
    assert set(kept["profile"]) == set(kept["before"]) == set(NETWORKS)
    assert "/" not in kept["processor"]


def test_a_profile_is_that_of_the_shortest_step():
    profiles = [{"a": {"step": 2.0}, "b": {"step": 1.0}}, {"a": {"step": 1.5}, "b": {"step": 3.0}}]
    turns = [{"profile": one} for one in profiles]
    assert bench.least_disturbed(turns) == {"a": {"step": 1.5}, "b": {"step": 1.0}}
