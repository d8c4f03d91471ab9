"""Derivations: that they are right, that a wrong one is caught, and what they refuse."""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from nbhelpers import nn, symbolic
from nbhelpers.errors import DerivationError
from nbhelpers.symbolic._activations import ACTIVATIONS
from nbhelpers.symbolic._network import _count_steps
from nbhelpers.symbolic._zero import Exp, Indicator, in_blocks, is_zero

NETWORKS = [((2, 2, 1), (name, name), "mean_squared_error") for name in ACTIVATIONS] + [
    ((2, 2, 1), ("relu", "sigmoid"), "binary_crossentropy"),
    ((2, 2, 2), ("sigmoid", "sigmoid"), "binary_crossentropy"),
    ((2, 2, 2), ("tanh", "softmax"), "categorical_crossentropy"),
    ((2, 2, 3), ("relu", "softmax"), "mean_squared_error"),
    ((3, 4, 3, 2), ("tanh", "tanh", "linear"), "mean_squared_error"),
]
LAYERS = {
    "dense": lambda: symbolic.derive_dense(3, 2),
    "one pixel": lambda: symbolic.derive_conv2d(1, 1, 1),
    "conv": lambda: symbolic.derive_conv2d(4, 3, (3, 2), channels=2, filters=2),
    "conv, same": lambda: symbolic.derive_conv2d(4, 3, 3, strides=2, padding="same"),
    "conv, gaps": lambda: symbolic.derive_conv2d(5, 5, 1, strides=2),
    "max": lambda: symbolic.derive_max_pool2d(3, 3, pool_size=2, strides=1),
    "average": lambda: symbolic.derive_average_pool2d(3, 3, pool_size=2, padding="same"),
    "loss": lambda: symbolic.derive_softmax_cross_entropy(3),
    "norm": lambda: symbolic.derive_batch_norm(2),
    "softmax": lambda: symbolic.derive_activation("softmax"),
} | {name: lambda name=name: symbolic.derive_activation(name) for name in ACTIVATIONS}


@pytest.mark.parametrize(("sizes", "activations", "loss"), NETWORKS)
def test_every_gradient_of_a_network_is_proven(sizes, activations, loss):
    derivation = symbolic.derive_network(sizes, activations, loss)
    found = derivation.verify()
    assert found.simplified == derivation.parameters
    assert not found.evaluated


@pytest.mark.parametrize("derive", LAYERS.values(), ids=LAYERS)
def test_every_gradient_of_a_layer_is_proven(derive):
    derivation = derive()
    assert derivation.verify().simplified == derivation.parameters


@pytest.mark.parametrize("place", [0, 1, 2, 6, -1])
def test_a_wrong_step_is_caught(place):
    derivation = symbolic.derive_network()
    backward = list(derivation.backward)
    backward[place] = replace(backward[place], expression=3 * backward[place].expression)
    with pytest.raises(DerivationError, match="is not the derivative of"):
        replace(derivation, backward=tuple(backward)).verify()


def mutants(expression):
    """Yield the expression with one factor, sign, branch, or side of a condition changed."""
    if isinstance(expression, sp.Expr):
        yield expression + 5 if expression.is_number else 3 * expression
        yield -expression if expression != 0 else sp.Integer(-1)
    for place, part in enumerate(expression.args):
        for changed in mutants(part):
            args = [*expression.args[:place], changed, *expression.args[place + 1 :]]
            yield expression.func(*args)


def is_another(expression, changed):
    """Return whether a change is one: 3 z > 0 and z > 0 say the same."""
    draw = np.random.default_rng(0)
    symbols = sorted(expression.free_symbols | changed.free_symbols, key=str)
    first, second = (
        sp.lambdify(symbols, e, modules=[{"erf": math.erf}, "numpy"]) for e in (expression, changed)
    )
    with np.errstate(all="ignore"):
        points = draw.uniform(-1, 1, (200, len(symbols)))
        points = np.where([s.is_positive is True for s in symbols], abs(points), points)
        values = [[function(*point) for point in points] for function in (first, second)]
        return not np.isclose(*values, equal_nan=True).all()


MUTATED = LAYERS | {
    "hidden relu": lambda: symbolic.derive_network((1, 2, 1), ("relu", "linear")),
    "two hidden prelu": lambda: symbolic.derive_network((1, 1, 1), ("prelu", "prelu")),
    "two hidden elu": lambda: symbolic.derive_network((1, 1, 1), ("elu", "elu")),
    "sigmoid, cross-entropy": lambda: symbolic.derive_network(
        (1, 2), ("sigmoid",), "binary_crossentropy"
    ),
    "softmax, squared error": lambda: symbolic.derive_network((1, 2), ("softmax",)),
    "softmax, cross-entropy": lambda: symbolic.derive_network(
        (1, 2), ("softmax",), "categorical_crossentropy"
    ),
    "small max": lambda: symbolic.derive_max_pool2d(1, 3, pool_size=(1, 2), strides=1),
}
del MUTATED["conv"], MUTATED["max"]  # as the others, only larger


@pytest.fixture(scope="module")
def planted_faults():
    """Collect counts, and show them as a table at the end: pytest -s."""
    rows = []
    yield rows
    print(f"\n{'derivation':24} {'in':13} planted  caught by verify  by NumPy's value")
    for name, place, planted, by_verify, by_value in sorted(rows):
        print(f"{name:24} {place:13} {planted:7}  {by_verify:16}  {by_value:16}")
    planted, by_verify, by_value = (sum(row[k] for row in rows) for k in (2, 3, 4))
    print(f"{'all':38} {planted:7}  {by_verify:16}  {by_value:16}")


def faults(steps):
    """Yield each step, and the steps with a wrong number in its place."""
    for place, step in enumerate(steps):
        for changed in mutants(step.expression):
            if is_another(step.expression, changed):
                yield step, (*steps[:place], replace(step, expression=changed), *steps[place + 1 :])


def is_refused(derivation):
    try:
        derivation.verify()
    except DerivationError:
        return True
    return False


@pytest.mark.parametrize("name", MUTATED)
def test_no_wrong_number_in_a_backward_step_is_verified(name, planted_faults):
    derivation, planted = MUTATED[name](), 0
    for step, backward in faults(derivation.backward):
        wrong = replace(derivation, backward=backward)
        assert is_refused(wrong), f"{step}: verified with {set(backward) - {*derivation.backward}}"
        planted += 1
    assert planted
    planted_faults.append((name, "backward", planted, planted, 0))


def by_layer(forward):
    """Return a loss from our NumPy: dout times the outputs of a layer, for one sample."""

    def loss(dout, **arrays):
        batch = {k: v[np.newaxis] if k in ("x", "z") else v for k, v in arrays.items()}
        return (dout * forward(**batch)[0]).sum()

    return loss


def by_network(*activations, loss="mean_squared_error"):
    """Return a loss from our NumPy: of one sample; a cross-entropy takes logits."""

    def value(x, y, **arrays):
        out = x[np.newaxis]
        for layer, name in enumerate(activations, start=1):
            out = nn.dense_forward(out, arrays[f"kernel_{layer}"], arrays[f"bias_{layer}"])[0]
            slopes = [arrays[f"alpha_{layer}"]] if name == "prelu" else []
            out = out if name == "linear" else getattr(nn, f"{name}_forward")(out, *slopes)[0]
        return getattr(nn, loss)(out, y[np.newaxis])[0]

    return value


NUMPY = {
    "dense": by_layer(nn.dense_forward),
    "one pixel": by_layer(nn.conv2d_forward),
    "conv, same": by_layer(lambda **a: nn.conv2d_forward(**a, strides=2, padding="same")),
    "conv, gaps": by_layer(lambda **a: nn.conv2d_forward(**a, strides=2)),
    "average": by_layer(lambda x: nn.average_pool2d_forward(x, 2, 2, "same")),
    "loss": lambda logits, y: nn.categorical_crossentropy(logits[np.newaxis], y[np.newaxis])[0],
    "norm": lambda x, gamma, beta, dout, epsilon: (
        dout * nn.batch_norm_forward(x, gamma, beta, epsilon[0])[0]
    ).sum(),
    "linear": lambda z, dout: (dout * z).sum(),
    "softmax": by_layer(nn.softmax_forward),
    "hidden relu": by_network("relu", "linear"),
    "two hidden prelu": by_network("prelu", "prelu"),
    "two hidden elu": by_network("elu", "elu"),
    "sigmoid, cross-entropy": by_network("linear", loss="binary_crossentropy"),
    "softmax, squared error": by_network("softmax"),
    "softmax, cross-entropy": by_network("linear", loss="categorical_crossentropy"),
    "small max": by_layer(lambda x: nn.max_pool2d_forward(x, (1, 2), 1, "valid")),
} | {name: by_layer(getattr(nn, f"{name}_forward")) for name in ACTIVATIONS if name != "linear"}


def has_the_value_of_numpy(derivation, loss):
    """Return whether a derivation's loss is our NumPy's, at random points and with all inputs 0."""
    draw = np.random.default_rng(0)
    given = [symbol for array in derivation.arrays.values() for symbol in array.flat]
    value = derivation.loss.expression
    for step in reversed(derivation.forward):
        value = value.xreplace({step.symbol: step.expression})
    function = sp.lambdify(given, value, modules=[{"erf": math.erf}, "numpy"])
    for scale in (0, *[1, 3] * 6):
        arrays = {name: draw.normal(size=a.shape) for name, a in derivation.arrays.items()}
        for name in {"x", "z", "logits"} & arrays.keys():
            arrays[name] = arrays[name] * scale
        if "epsilon" in arrays:
            arrays["epsilon"] = np.array([draw.random() + 1e-3])
        if "y" in arrays:
            arrays["y"] = draw.dirichlet(np.ones(max(2, arrays["y"].size)))[: arrays["y"].size]
        numbers = np.concatenate([arrays[name].ravel() for name in derivation.arrays])
        with np.errstate(all="ignore"):  # what is not finite is not close either
            found = function(*numbers.astype(float))
        if not np.isclose(found, loss(**arrays), rtol=1e-9, atol=1e-12):
            return False
    return True


@pytest.mark.parametrize("name", MUTATED)
def test_the_right_derivation_has_the_value_of_numpy(name):
    assert has_the_value_of_numpy(MUTATED[name](), NUMPY[name])


@pytest.mark.parametrize("name", MUTATED)
def test_no_wrong_number_in_a_forward_step_or_the_loss_goes_unseen(name, planted_faults):
    derivation, planted, by_value = MUTATED[name](), 0, 0
    for step, (*forward, loss) in faults((*derivation.forward, derivation.loss)):
        wrong = replace(derivation, forward=tuple(forward), loss=loss)
        if not is_refused(wrong):  # the derivation of something else
            assert not has_the_value_of_numpy(wrong, NUMPY[name]), step
            by_value += 1
        planted += 1
    assert planted
    planted_faults.append((name, "forward, loss", planted, planted - by_value, by_value))


def test_another_right_derivation_has_not_the_value_of_numpy():
    right, slope = symbolic.derive_activation("leaky_relu"), sp.Rational(3, 10)
    forward, backward = (
        tuple(replace(s, expression=s.expression.xreplace({slope: slope / 3})) for s in steps)
        for steps in (right.forward, right.backward)
    )
    other = replace(right, forward=forward, backward=backward)
    assert other.verify().simplified == other.parameters
    assert not has_the_value_of_numpy(other, NUMPY["leaky_relu"])


@pytest.mark.parametrize(
    ("derive", "place", "slope"),
    [
        ("relu", 0, lambda z: sp.Piecewise((5, sp.Eq(z, 0)), (1, z > 0), (0, True))),
        ("relu", 0, lambda z: sp.Piecewise((-1, sp.Eq(z, 0)), (1, z > 0), (0, True))),
        ("relu", 0, lambda z: sp.Piecewise((1, z >= 0), (0, True))),  # the other step says 0
        ("elu", 0, lambda z: sp.Piecewise((0, sp.Eq(z, 0)), (1, z > 0), (sp.exp(z), True))),
        ("tanh", 0, lambda z: sp.Piecewise((0, sp.Eq(3 * z, 1)), (1 - sp.tanh(z) ** 2, True))),
    ],
)
def test_a_wrong_slope_at_a_kink_is_caught(derive, place, slope):
    derivation = symbolic.derive_activation(derive)
    (z,) = derivation.arrays["z"]
    backward = list(derivation.backward)
    backward[place] = replace(backward[place], expression=slope(z))
    with pytest.raises(DerivationError, match="At the kink"):
        replace(derivation, backward=tuple(backward)).verify()


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (lambda z, others: sp.And(sp.Eq(z, 0), *(s > 0 for s in others)), "is out of reach"),
        (lambda z, others: sp.Eq(z, sp.exp(others[0])), "Cannot find where"),
        (lambda z, others: sp.Eq(z**2, others[0]), None),
        (lambda z, others: sp.Eq(z**2, 4), "Cannot find where"),
    ],
)
def test_a_value_claimed_where_no_point_lies_is_not_passed_over(condition, message):
    derivation = symbolic.derive_dense(10, 1)
    given = derivation.arrays["x"].tolist()
    first, *backward = derivation.backward
    wrong = sp.Piecewise((5, condition(given[0], given[1:])), (first.expression, True))
    backward = (replace(first, expression=wrong), *backward)
    with pytest.raises(DerivationError, match=message or "At the kink"):
        replace(derivation, backward=backward).verify()


def test_of_equal_maxima_not_both_get_the_gradient():
    derivation = symbolic.derive_max_pool2d(1, 2, pool_size=(1, 2))
    (x, y), d = derivation.arrays["x"].flat, derivation.arrays["dout"].flat[0]
    first, second = derivation.backward
    both = replace(second, expression=d * sp.Piecewise((1, y >= x), (0, True)))
    with pytest.raises(DerivationError, match="as near to either as for the other gradients"):
        replace(derivation, backward=(first, both)).verify()


@pytest.mark.parametrize(("slope_at_0", "right"), [(0, True), (0.5, True), (1, True), (2, False)])
def test_any_subgradient_at_a_kink_is_accepted_if_all_gradients_go_with_it(slope_at_0, right):
    derivation = symbolic.derive_activation("relu")
    (z,), (d,) = derivation.arrays["z"], derivation.arrays["dout"]
    slope = sp.Piecewise((sp.nsimplify(slope_at_0), sp.Eq(z, 0)), (1, z > 0), (0, True))
    local, last = derivation.backward
    backward = replace(local, expression=slope), replace(last, expression=d * slope)
    if right:
        assert replace(derivation, backward=backward).verify().kinks == 1
    else:
        with pytest.raises(DerivationError, match="At the kink"):
            replace(derivation, backward=backward).verify()


def test_a_jump_in_a_forward_step_is_caught():
    derivation = symbolic.derive_activation("relu")
    (z,) = derivation.arrays["z"]
    jump = replace(derivation.forward[0], expression=sp.Piecewise((z + 5, z > 0), (0, True)))
    with pytest.raises(DerivationError, match="At the kink.*expected is the same"):
        replace(derivation, forward=(jump,)).verify()


@pytest.mark.parametrize("name", ["silu", "gelu", "prelu"])
def test_what_was_slow_is_proven(name):
    derivation = symbolic.derive_network((3, 4, 3, 2), (name,) * 3)
    assert derivation.verify().simplified == derivation.parameters


def test_the_chain_rule_gives_what_differentiating_the_whole_loss_gives():
    derivation = symbolic.derive_network((1, 2, 1), ("tanh", "silu"))
    loss = derivation.substituted(derivation.loss.symbol)
    given = [symbol for array in derivation.arrays.values() for symbol in array.flat]
    point = {s: sp.Rational(k - 7, 11) for k, s in enumerate(given)}
    for symbol in derivation.parameters:
        rest = {s: value for s, value in point.items() if s != symbol}
        slope = sp.diff(loss.xreplace(rest), symbol).xreplace(point)
        found = derivation.substituted(derivation.gradients[symbol]).xreplace(point)
        assert abs(sp.N(slope - found, 40)) < 1e-30


@pytest.mark.parametrize(
    "slope",
    [lambda z: sp.Piecewise((5, z > 0), (0, True)), lambda z: sp.Piecewise((1, z > 0), (5, True))],
)
def test_both_branches_of_a_kink_are_looked_at(slope):
    derivation = symbolic.derive_activation("relu")
    (z,) = derivation.arrays["z"]
    first, last = derivation.backward
    wrong = replace(first, expression=slope(z)), last
    with pytest.raises(DerivationError, match="is not the derivative of a"):
        replace(derivation, backward=wrong).verify()


@pytest.mark.parametrize("function", [lambda z: sp.Min(z, 0), sp.Abs, lambda z: z * sp.sign(z)])
def test_other_functions_with_a_kink_are_differentiated_and_twice_their_slope_is_not_zero(function):
    z = sp.Symbol("z", real=True)
    in_terms = in_blocks(function(z))
    slope = sp.Piecewise((function(sp.Integer(1)), z > 0), (-function(sp.Integer(-1)), True))
    assert is_zero(sp.diff(in_terms, z) - in_blocks(slope)) is True
    assert is_zero(sp.diff(in_terms, z) - 2 * in_blocks(slope)) is False


X = sp.Symbol("x", real=True)
HIDDEN_ZERO = sp.sin(X) ** 2 + sp.cos(X) ** 2 - 1  # true, but no rational identity


def test_a_branch_that_no_point_reaches_is_looked_at():
    corner = sp.prod(Indicator(s) for s in sp.symbols("x:30", real=True))
    assert is_zero(HIDDEN_ZERO * corner) is None
    with pytest.raises(DerivationError, match="of 800 points none lies there"):
        is_zero(corner)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (HIDDEN_ZERO * sum(map(Indicator, sp.symbols("x:9", real=True))), "more than 256 branches"),
        (HIDDEN_ZERO * sp.log(-Exp(X)), "it is a real number at 0; expected 40"),
    ],
)
def test_what_cannot_be_looked_at_is_not_passed_over(expression, message):
    with pytest.raises(DerivationError, match=message):
        is_zero(expression)


@pytest.mark.parametrize("derive", [*LAYERS.values(), symbolic.derive_network])
def test_each_step_uses_given_symbols_and_earlier_steps_only(derive):
    derivation = derive()
    known = {symbol for array in derivation.arrays.values() for symbol in array.flat}
    for step in derivation.steps:
        assert step.expression.free_symbols <= known
        known.add(step.symbol)
    assert set(derivation.gradients) == set(derivation.parameters)


def test_latex_is_an_aligned_block_with_the_short_form_of_the_sigmoid():
    derivation = symbolic.derive_network()
    for part in ("all", "forward", "loss", "backward", "gradients"):
        text = derivation.latex(part)
        assert text.startswith(r"\begin{aligned}")
        assert text.endswith(r"\end{aligned}")
    assert r"a^{(2)}_{1} \left(1 - a^{(2)}_{1}\right)" in derivation.latex("backward")
    assert derivation.latex("gradients").count(r" \\") == len(derivation.parameters) - 1
    with pytest.raises(DerivationError, match="forward"):
        derivation.latex("sideways")


def test_indices_of_ten_and_more_are_told_apart():
    names = [str(symbol) for symbol in symbolic.derive_network((1, 11), ["tanh"]).parameters]
    assert "w^{(1)}_{1,11}" in names
    assert len(set(names)) == len(names)


def test_numpy_function_of_a_network_worked_by_hand():
    function = symbolic.derive_network((2, 1), ["linear"]).to_numpy()
    loss, gradients = function(x=[2, 3], y=[1], kernel_1=[[1], [1]], bias_1=[0])
    assert loss == 16
    np.testing.assert_array_equal(gradients["kernel_1"], [[16], [24]])
    np.testing.assert_array_equal(gradients["bias_1"], [8])


def test_of_equal_maxima_the_first_gets_the_gradient():
    function = symbolic.derive_max_pool2d(2, 2).to_numpy()
    x = np.array([[1, 7], [7, 7]]).reshape(2, 2, 1)
    dx = function(x=x, dout=np.full((1, 1, 1), 5))[1]["x"]
    np.testing.assert_array_equal(dx[:, :, 0], [[0, 5], [0, 0]])


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "prelu", "elu"])
def test_at_a_kink_the_slope_is_the_one_that_the_package_takes(name):
    forward, backward = (getattr(nn, f"{name}_{way}") for way in ("forward", "backward"))
    z, dout = np.zeros((1, 1)), np.full((1, 1), 5.0)
    given = {"alpha": np.full(1, 0.2)} if name == "prelu" else {}
    out, cache = forward(z, *given.values())
    dz = backward(dout, cache)
    ours = dict(zip(("z", "alpha"), dz if given else [dz], strict=False))
    value, gradients = symbolic.derive_activation(name).to_numpy()(z=z[0], dout=dout[0], **given)
    assert value == out[0]
    assert gradients.keys() == ours.keys()
    for argument, gradient in gradients.items():
        assert gradient == ours[argument].ravel(), argument


def test_numpy_function_says_which_arrays_it_wants():
    function = symbolic.derive_dense(2, 1).to_numpy()
    with pytest.raises(DerivationError, match=r"'x': \(3,\).*'kernel': \(2, 1\)"):
        function(x=np.zeros(3))


def test_large_inputs_do_not_warn():
    with np.errstate(all="raise"):
        z, dout = np.array([800.0]), np.ones(1)
        assert symbolic.derive_activation("elu").to_numpy()(z=z, dout=dout)[1]["z"] == 1


def test_where_float64_overflows_more_digits_are_taken():
    function = symbolic.derive_softmax_cross_entropy(3).to_numpy()
    loss, gradients = function(logits=[1000, -1000, 1000], y=[0, 1, 0])
    assert loss == pytest.approx(2000 + math.log(2))
    np.testing.assert_array_equal(gradients["logits"], [0.5, -1, 0.5])


def test_a_division_by_what_only_more_digits_tell_from_0():
    derivation = symbolic.derive_activation("sigmoid")
    (d,), (a,) = derivation.arrays["dout"], [step.symbol for step in derivation.forward]
    function = replace(derivation, loss=replace(derivation.loss, expression=d / (1 - a))).to_numpy()
    assert function(z=[200], dout=[1])[0] == pytest.approx(1 + math.exp(200))  # 1 - a is 1e-87
    nowhere = replace(derivation, loss=replace(derivation.loss, expression=d / (a - a**1.0)))
    with pytest.raises(DerivationError, match="no numbers come out"):
        nowhere.to_numpy()(z=[200], dout=[1])


def test_targets_that_the_short_form_is_not_right_for_are_refused():
    single = symbolic.derive_softmax_cross_entropy(3).to_numpy()
    network = symbolic.derive_network((1, 2), ("softmax",), "categorical_crossentropy").to_numpy()
    with pytest.raises(DerivationError, match=r"y_\{3\} is 0; expected .* which is -1\."):
        single(logits=[0.3, -1, 2], y=[1, 1, 0])
    with pytest.raises(DerivationError, match=r"targets that sum to 1\.$"):
        network(x=[1], kernel_1=[[1, 2]], bias_1=[0, 0], y=[0, 0])
    assert single(logits=[0, 0, 0], y=[0.2, 0.3, 0.5])[0] == pytest.approx(math.log(3))


def test_numbers_that_are_out_of_reach_are_refused():
    function = symbolic.derive_network((1, 1), ("sigmoid",), "binary_crossentropy").to_numpy()
    with pytest.raises(DerivationError, match="no numbers come out, even with 6400 digits"):
        function(x=[1e9], y=[0], kernel_1=[[1]], bias_1=[0])  # 1 - a = exp(-1e9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": (2, 0, 1)}, "1 or more"),
        ({"sizes": (2,), "activations": ()}, "1 or more"),
        ({"sizes": (2, 2.0, 1)}, "1 or more"),
        ({"activations": ("tanh",)}, "2 layers but 1 activations"),
        ({"activations": ("swish!", "tanh")}, "No activation 'swish!'.*sigmoid"),
        ({"activations": ("softmax", "sigmoid")}, "softmax in a hidden layer"),
        ({"activations": ("tanh", "softmax")}, "softmax of one unit"),
        ({"loss": "hinge"}, "No loss 'hinge'.*mean_squared_error"),
        ({"loss": "categorical_crossentropy"}, "made for a softmax output, found sigmoid"),
        ({"sizes": (784, 10, 10)}, "takes 8061 steps .* at most 250"),
    ],
)
def test_network_refuses(arguments, message):
    with pytest.raises(DerivationError, match=message):
        symbolic.derive_network(**arguments)


@pytest.mark.parametrize(
    ("derive", "message"),
    [
        (lambda: symbolic.derive_conv2d(2, 2, 3), "does not fit"),
        (lambda: symbolic.derive_conv2d(2, 2, 1, padding="full"), "'valid' or 'same'"),
        (lambda: symbolic.derive_conv2d(2, 2, (1, 1, 1)), "one whole number or two"),
        (lambda: symbolic.derive_conv2d(2, 2, 1, strides=0), "strides is 0"),
        (lambda: symbolic.derive_dense(100, 3), "at most 200"),
        (lambda: symbolic.derive_softmax_cross_entropy(1), "Take two"),
        (lambda: symbolic.derive_activation("swish!"), "No activation"),
    ],
)
def test_layer_refuses(derive, message):
    with pytest.raises(DerivationError, match=message):
        derive()


@pytest.mark.parametrize(
    ("sizes", "name"), [*[((6, 8, 6, 4), name) for name in ACTIVATIONS], ((3, 4, 5), "softmax")]
)
def test_the_steps_of_a_network_are_counted_before_they_are_taken(sizes, name):
    activations = ["tanh"] * (len(sizes) - 2) + [name]
    derivation = symbolic.derive_network(sizes, activations)
    assert len(derivation.steps) == _count_steps(sizes, activations)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(6, 8, 6, 4), (1, 27), (38, 5), (1, *[1] * 26)])
def test_what_can_be_derived_can_be_verified(monkeypatch, sizes, name):
    def stop(*_):
        raise StopIteration

    monkeypatch.setattr(symbolic.Derivation, "_refute", stop)  # it comes after the cost is counted
    with pytest.raises(StopIteration):
        symbolic.derive_network(sizes, (name,) * (len(sizes) - 1)).verify()


def test_what_costs_too_much_to_verify_is_refused_before_it_starts():
    derivation = symbolic.derive_max_pool2d(5, 5, pool_size=5)
    with pytest.raises(DerivationError, match=r"300 kinks, which cost .* at most 1,000,000"):
        derivation.verify()


def test_zero_is_decided_three_ways():
    x, y = sp.symbols("x y", real=True)
    assert is_zero((x + y) ** 2 - x**2 - 2 * x * y - y**2) is True
    assert is_zero(x - y) is False
    assert is_zero(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1) is None  # true, but no rational identity


def test_conditions_become_factors():
    x = sp.Symbol("x", real=True)
    assert in_blocks(sp.Max(0, x)) == x * Indicator(x)
    assert sp.diff(in_blocks(sp.Max(0, x)), x) == Indicator(x)
