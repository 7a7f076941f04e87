"""Module 06 in the reference library: the contract of `core.optimizers`, line by line."""

import io
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch_lib.core.activations import Sigmoid, Tanh
from tinytorch_lib.core.layers import Linear, Sequential
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss
from tinytorch_lib.core.optimizers import (
    SGD,
    Adam,
    AdamW,
    LRScheduler,
    Optimizer,
    StepLR,
    gradient_descent_step,
    move_parameters,
)
from tinytorch_lib.core.tensor import Tensor, manual_seed, randn

pytestmark = pytest.mark.m06

ORACLE = Path(__file__).parents[1] / "oracles" / "06_optimizers.npz"
OPTIONS = {
    "sgd": (SGD, {"learning_rate": 0.05}),
    "sgd_momentum": (SGD, {"learning_rate": 0.05, "momentum": 0.9}),
    "sgd_decay": (SGD, {"learning_rate": 0.05, "weight_decay": 0.3}),
    "sgd_both": (SGD, {"learning_rate": 0.05, "momentum": 0.5, "weight_decay": 0.1}),
    "adam": (Adam, {"learning_rate": 0.01}),
    "adam_betas": (Adam, {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.8}),
    "adam_epsilon": (Adam, {"learning_rate": 0.1, "epsilon": 0.3}),
    "adam_decay": (Adam, {"learning_rate": 0.1, "weight_decay": 0.4}),
    "adamw": (AdamW, {"learning_rate": 0.1}),
    "adamw_decay": (AdamW, {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.4}),
}
EVERY = [
    pytest.param(SGD, id="SGD"),
    pytest.param(lambda p, **k: SGD(p, momentum=0.9, weight_decay=0.1, **k), id="SGD-momentum"),
    pytest.param(lambda p, **k: Adam(p, weight_decay=0.1, **k), id="Adam"),
    pytest.param(AdamW, id="AdamW"),
]


@pytest.fixture(scope="module")
def oracle():
    with np.load(ORACLE, allow_pickle=False) as file:
        return dict(file)


def keep(array):
    """A Tensor of the array's own type."""
    return Tensor(array, dtype=array.dtype)


def with_gradient(values, gradient, dtype="float32"):
    """A parameter whose gradient is set."""
    parameter = Tensor(values, dtype=dtype)
    parameter.grad = Tensor(gradient, dtype=dtype)
    return parameter


def two_parameters():
    return [with_gradient([1.0, -2.0], [0.5, 3.0]), with_gradient([[4.0]], [[-1.0]])]


# PyTorch's answers


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIONS)
def test_goes_pytorchs_way(oracle, name, dtype):
    """Twelve steps, three shapes, gradients missing here and there: every value on the way and the final state."""
    case, bound = f"{name}_{dtype}", {"float32": 2e-6, "float64": 1e-13}[dtype]
    kind, options = OPTIONS[name]
    parameters = [keep(oracle[f"{case}/start.{i}"]) for i in range(3)]
    optimizer = kind(parameters, **options)
    for step, has_gradient in enumerate(oracle[f"{case}/has_gradient"]):
        for i, parameter in enumerate(parameters):
            gradient = np.asarray(oracle[f"{case}/gradients.{i}"][step])
            parameter.grad = keep(gradient) if has_gradient[i] else None
        optimizer.step()
        for i, parameter in enumerate(parameters):
            assert isinstance(parameter.data, np.ndarray)
            assert parameter.data.dtype == dtype
            expected = oracle[f"{case}/path.{i}"][step]
            np.testing.assert_allclose(parameter.data, expected, rtol=bound * 10, atol=bound, err_msg=f"step {step}")
    states = {
        "momentum": "momentum_buffers",
        "first": "first_moment",
        "second": "second_moment",
        "count": "update_counts",
    }
    for theirs, ours in states.items():
        for i in range(3):
            if f"{case}/{theirs}.{i}" in oracle:
                got, expected = getattr(optimizer, ours)[i], oracle[f"{case}/{theirs}.{i}"]
                np.testing.assert_allclose(got, expected, rtol=bound * 10, atol=bound, err_msg=ours)
    assert optimizer.step_count == len(oracle[f"{case}/has_gradient"])


def schedules():
    with np.load(ORACLE, allow_pickle=False) as file:
        return sorted(key for key in file if key.startswith("rates/"))


@pytest.mark.parametrize("key", schedules())
def test_step_lr_decays_when_pytorchs_does(oracle, key):
    step_size, gamma = key.removeprefix("rates/").split(",")
    optimizer = SGD([Tensor([1.0])], lr=0.1)
    schedule = StepLR(optimizer, int(step_size), float(gamma))
    rates = [schedule.get_lr()]
    for _ in oracle[key][1:]:
        schedule.step()
        rates.append(schedule.get_lr())
    np.testing.assert_allclose(rates, oracle[key], rtol=1e-12)


# One step


def test_gradient_descent_step():
    parameter = with_gradient([[1.0, -2.0]], [[10.0, 20.0]])
    gradient_descent_step(parameter, 0.1)
    np.testing.assert_allclose(parameter.data, [[0.0, -4.0]], atol=1e-6)
    assert parameter.grad.tolist() == [[10.0, 20.0]]
    still = Tensor([3.0])
    gradient_descent_step(still, 0.1)
    assert still.tolist() == [3.0]
    number = with_gradient(2.0, 4.0)
    gradient_descent_step(number, np.float64(0.5))
    assert isinstance(number.data, np.ndarray)
    assert (number.data.dtype, number.item()) == (np.float32, 0.0)


def test_a_gradient_of_another_shape_is_refused_and_nothing_moves():
    """(1,) would broadcast."""
    first, second = with_gradient([1.0], [1.0]), with_gradient([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match=r"shape \(2,\).*\(1,\)"):
        gradient_descent_step(second, 0.1)
    optimizer = SGD([first, second], momentum=0.5)
    with pytest.raises(ValueError, match=r"parameter 1 has the shape \(2,\), its gradient \(1,\)"):
        optimizer.step()
    assert (first.tolist(), second.tolist(), optimizer.step_count) == ([1.0], [1.0, 2.0], 0)
    assert optimizer.momentum_buffers[0].tolist() == [0.0]


def test_a_gradient_that_is_no_tensor_is_refused():
    parameter = Tensor([1.0])
    parameter.grad = np.array([1.0])
    with pytest.raises(TypeError, match="gradient of parameter 0 must be a Tensor, got a ndarray"):
        SGD([parameter]).step()


def test_move_parameters_asks_only_where_there_is_a_gradient():
    parameters, asked = [with_gradient([1.0], [9.0]), Tensor([2.0]), with_gradient(3.0, 9.0)], []
    move_parameters(parameters, lambda index: asked.append(index) or np.full(parameters[index].shape, 2.0), 0.5)
    assert asked == [0, 2]
    assert [parameter.tolist() for parameter in parameters] == [[0.0], [2.0], 2.0]
    assert {parameter.dtype.name for parameter in parameters} == {"float32"}


@pytest.mark.parametrize("make", EVERY)
def test_step_leaves_gradients_and_counts_calls(make):
    parameters = [*two_parameters(), Tensor([7.0])]
    optimizer = make(parameters)
    for count in (1, 2, 3):
        optimizer.step()
        assert optimizer.step_count == count
    assert [parameter.grad.tolist() for parameter in parameters[:2]] == [[0.5, 3.0], [[-1.0]]]
    assert (parameters[2].grad, parameters[2].tolist()) == (None, [7.0])
    optimizer.zero_grad()
    before = [parameter.tolist() for parameter in parameters]
    assert [parameter.grad for parameter in parameters] == [None] * 3
    optimizer.step()
    assert optimizer.step_count == 4
    assert [parameter.tolist() for parameter in parameters] == before


@pytest.mark.parametrize("make", EVERY)
def test_nobody_keeps_an_alias(make):
    """Neither state nor parameters share memory with gradients, with each other, or with what `state_dict` gives."""
    parameters = two_parameters()
    optimizer = make(parameters)
    for _ in range(2):
        optimizer.step()
    lists = [getattr(optimizer, name) for name in optimizer.lists]
    arrays = [value for values in lists for value in values if isinstance(value, np.ndarray)]
    arrays += [parameter.data for parameter in parameters] + [parameter.grad.data for parameter in parameters]
    arrays += [value for value in optimizer.state_dict().values() if isinstance(value, np.ndarray)]
    for i, one in enumerate(arrays):
        assert not any(np.shares_memory(one, other) for other in arrays[:i])


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_types_stay(make, dtype):
    """Also with a gradient of another type and a float64 learning rate."""
    parameter = Tensor([1.0, 2.0], dtype=dtype)
    optimizer = make([parameter], learning_rate=np.float64(0.1))
    for gradient_type in ("float64", "float32", "float16"):
        parameter.grad = Tensor([0.5, -0.5], dtype=gradient_type)
        optimizer.step()
        state = [value for value in optimizer.state_dict().values() if isinstance(value, np.ndarray)]
        assert {array.dtype.name for array in [parameter.data, *state]} == {dtype}


@pytest.mark.parametrize("make", EVERY)
def test_a_0d_parameter_stays_an_array(make):
    parameter = with_gradient(1.0, 2.0)
    optimizer = make([parameter])
    optimizer.step()
    optimizer.step()
    assert isinstance(parameter.data, np.ndarray)
    assert parameter.shape == ()
    state = optimizer.state_dict()
    make([Tensor(1.0)]).load_state_dict(state)


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.filterwarnings("error")
def test_overflow_is_silent(make):
    parameter = with_gradient([1e30, 1.0, 1.0], [1e30, math.inf, math.nan])
    optimizer = make([parameter], learning_rate=1e30)
    for _ in range(3):
        optimizer.step()


# What each optimizer is


def test_momentum_follows_its_closed_form():
    parameter, optimizer = Tensor([0.0], dtype="float64"), None
    optimizer = SGD([parameter], learning_rate=1.0, momentum=0.5)
    for _ in range(10):
        parameter.grad = Tensor([1.0], dtype="float64")
        optimizer.step()
    np.testing.assert_allclose(optimizer.momentum_buffers[0], 2 * (1 - 0.5**10))
    np.testing.assert_allclose(parameter.data, -sum(2 * (1 - 0.5**k) for k in range(1, 11)))


def test_without_momentum_sgd_remembers_nothing():
    assert SGD([Tensor([1.0])]).momentum_buffers == []
    assert list(SGD([Tensor([1.0])]).state_dict()) == ["step_count", "learning_rate", "momentum", "weight_decay"]


@given(
    gradient=st.floats(1e-3, 1e6) | st.floats(-1e6, -1e-3),
    rate=st.floats(1e-4, 1.0),
    beta1=st.floats(0.0, 0.99),
    beta2=st.floats(0.0, 0.999),
    steps=st.integers(1, 20),
)
def test_with_equal_gradients_adam_moves_by_its_rate(gradient, rate, beta1, beta2, steps):
    """Whatever the size of the gradient and the betas: that is what the correction is for."""
    parameter = Tensor([0.0], dtype="float64")
    optimizer = Adam([parameter], rate, beta1, beta2, epsilon=0.0)
    for _ in range(steps):
        parameter.grad = Tensor([gradient], dtype="float64")
        optimizer.step()
    np.testing.assert_allclose(parameter.data, [-rate * steps * math.copysign(1, gradient)], rtol=1e-9)


@given(values=st.lists(st.floats(-10, 10), min_size=1, max_size=4), decay=st.floats(0, 5), steps=st.integers(1, 6))
def test_adamw_shrinks_without_a_slope_and_adam_does_not_care_how_large(values, decay, steps):
    parameter = Tensor(values, dtype="float64")
    optimizer = AdamW([parameter], 0.1, weight_decay=decay)
    for _ in range(steps):
        parameter.grad = Tensor(np.zeros(len(values)), dtype="float64")
        optimizer.step()
    np.testing.assert_allclose(parameter.data, np.array(values) * (1 - 0.1 * decay) ** steps, rtol=1e-9, atol=1e-12)


def test_epsilon_stands_outside_the_root():
    parameter = with_gradient([0.0], [1e-8], dtype="float64")
    Adam([parameter], learning_rate=1.0).step()
    np.testing.assert_allclose(parameter.data, [-0.5])


def test_adam_counts_updates_for_each_parameter():
    early, late = with_gradient([0.0], [1.0]), Tensor([0.0])
    optimizer = Adam([early, late], learning_rate=0.1)
    for _ in range(50):
        optimizer.step()
    late.grad = Tensor([123.0])
    optimizer.step()
    assert optimizer.update_counts == [51, 1]
    np.testing.assert_allclose(late.data, [-0.1], rtol=1e-5)


def test_state_belongs_to_one_optimizer_and_one_parameter():
    for k in range(50):
        parameter = with_gradient([0.0], [float(k + 1)])
        optimizer = SGD([parameter], 1.0, momentum=0.9)
        optimizer.step()
        assert parameter.tolist() == [-(k + 1.0)]
        del optimizer, parameter


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
def test_defaults(kind):
    optimizer = kind([Tensor([1.0])])
    rate = 0.01 if kind is SGD else 0.001
    decay = 0.01 if kind is AdamW else 0.0
    assert (optimizer.learning_rate, optimizer.weight_decay, optimizer.step_count) == (rate, decay, 0)
    if kind is SGD:
        assert optimizer.momentum == 0.0
    else:
        assert (optimizer.beta1, optimizer.beta2, optimizer.epsilon) == (0.9, 0.999, 1e-8)


def test_positional_arguments():
    sgd = SGD([Tensor([1.0])], 0.2, 0.3, 0.4)
    assert (sgd.learning_rate, sgd.momentum, sgd.weight_decay) == (0.2, 0.3, 0.4)
    for kind in (Adam, AdamW):
        adam = kind([Tensor([1.0])], 0.2, 0.3, 0.4, 0.5, 0.6)
        numbers = (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon, adam.weight_decay)
        assert numbers == (0.2, 0.3, 0.4, 0.5, 0.6)
    assert isinstance(AdamW([Tensor([1.0])]), Adam)


# What is refused


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
def test_lr_is_short_for_learning_rate(kind):
    optimizer = kind([Tensor([1.0])], lr=0.25)
    assert (optimizer.learning_rate, optimizer.lr) == (0.25, 0.25)
    optimizer.lr = 0.5
    assert optimizer.learning_rate == 0.5
    for rate in (0.1, 0.01, 0.001):  # also when it is the default
        with pytest.raises(TypeError, match="lr is short for learning_rate"):
            kind([Tensor([1.0])], learning_rate=rate, lr=rate)
        with pytest.raises(TypeError, match="lr is short for learning_rate"):
            kind([Tensor([1.0])], rate, lr=rate)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (SGD, "learning_rate", -0.1),
        (SGD, "learning_rate", math.nan),
        (Adam, "learning_rate", math.inf),
        (SGD, "momentum", 1.0),
        (SGD, "momentum", -0.1),
        (SGD, "weight_decay", -1e-9),
        (Adam, "beta1", 1.0),
        (Adam, "beta2", -0.5),
        (Adam, "epsilon", -1e-8),
        (AdamW, "weight_decay", math.nan),
    ],
)
def test_numbers_out_of_range(kind, name, value):
    with pytest.raises(ValueError, match=rf"{name} must be at least 0 and .*, got {value}"):
        kind([Tensor([1.0])], **{name: value})
    optimizer = kind([Tensor([1.0])])
    before = getattr(optimizer, name)
    with pytest.raises(ValueError, match=name):
        setattr(optimizer, name, value)
    assert getattr(optimizer, name) == before


@pytest.mark.parametrize("value", ["0.1", True, None, [0.1], np.array([0.1])])
def test_what_is_no_number(value):
    optimizer = SGD([Tensor([1.0])])
    with pytest.raises(TypeError, match="learning_rate must be a number"):
        optimizer.learning_rate = value


@pytest.mark.parametrize("value", [np.float64(0.5), np.float32(0.5), np.array(0.5), 1, np.int64(1), 0])
def test_numbers_become_plain(value):
    optimizer = SGD([Tensor([1.0])], learning_rate=value)
    assert type(optimizer.learning_rate) is float
    assert optimizer.learning_rate == float(value)


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
def test_parameters_are_a_list_of_tensors(kind):
    model = Sequential(Linear(2, 3), Tanh())
    for wrong in (model, [model], Tensor([[1.0]]), 3, [np.ones(2)], {"weight": Tensor([1.0])}, None):
        with pytest.raises(TypeError, match=rf"{kind.__name__} takes a list of Tensors, such as model.parameters"):
            kind(wrong)
    for empty in ([], (), iter([])):
        with pytest.raises(ValueError, match="empty list of parameters"):
            kind(empty)
    tensor = Tensor([1.0])
    with pytest.raises(ValueError, match="the same parameter twice"):
        kind([tensor, Tensor([1.0]), tensor])
    with pytest.raises(ValueError, match="moves floats only, got a parameter of type int64"):
        kind([Tensor([1, 2])])
    assert len(kind(p for p in model.parameters()).parameters) == 2


def test_the_base_alone_moves_nothing():
    optimizer = Optimizer([with_gradient([1.0], [1.0])], 0.1)
    with pytest.raises(NotImplementedError, match="Optimizer defines no direction"):
        optimizer.step()
    with pytest.raises(NotImplementedError, match="LRScheduler defines no step"):
        LRScheduler(optimizer).step()


def test_repr():
    assert repr(SGD([Tensor([1.0])], 0.1, momentum=0.9)) == "SGD(learning_rate=0.1, momentum=0.9, weight_decay=0)"
    expected = "AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.01)"
    assert repr(AdamW([Tensor([1.0])])) == expected


# Saving and loading


def take_steps(optimizer, first, last):
    for step in range(first, last):
        for index, parameter in enumerate(optimizer.parameters):
            angles = np.arange(parameter.size).reshape(parameter.shape) + step
            parameter.grad = None if step % 3 == index else Tensor(np.sin(angles))
        optimizer.step()


@pytest.mark.parametrize("make", EVERY)
def test_resumes_to_the_last_bit(make):
    straight = make(two_parameters(), learning_rate=0.1)
    take_steps(straight, 0, 9)
    stopped = make(two_parameters(), learning_rate=0.1)
    take_steps(stopped, 0, 4)
    file = io.BytesIO()
    np.savez(file, **stopped.state_dict())
    file.seek(0)
    resumed = make([Tensor(parameter) for parameter in stopped.parameters], learning_rate=0.7)
    with np.load(file, allow_pickle=False) as state:
        resumed.load_state_dict(state)
    take_steps(resumed, 4, 9)
    for one, other in zip(straight.parameters, resumed.parameters, strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    assert resumed.learning_rate == 0.1
    assert resumed.step_count == 9
    now, then = resumed.state_dict(), straight.state_dict()
    assert list(now) == list(then)
    for key, value in then.items():
        assert type(now[key]) is type(value)
        np.testing.assert_array_equal(now[key], value)


def test_state_dict_is_flat():
    optimizer = Adam(two_parameters(), 0.1)
    optimizer.step()
    state = optimizer.state_dict()
    assert list(state) == [
        "step_count", "learning_rate", "beta1", "beta2", "epsilon", "weight_decay",
        "first_moment.0", "first_moment.1", "second_moment.0", "second_moment.1", "update_counts.0", "update_counts.1",
    ]  # fmt: skip
    assert {type(value) for value in state.values()} == {int, float, np.ndarray}
    assert (state["first_moment.1"].shape, state["update_counts.0"]) == ((1, 1), 1)


@pytest.mark.parametrize("make", EVERY)
def test_loading_copies_both_ways(make):
    first, second = make(two_parameters()), make(two_parameters())
    first.step()
    state = first.state_dict()
    second.load_state_dict(state)
    for value in state.values():
        if isinstance(value, np.ndarray):
            value[...] = 99.0
    assert not any(np.any(np.asarray(value) == 99.0) for value in first.state_dict().values())
    assert not any(np.any(np.asarray(value) == 99.0) for value in second.state_dict().values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"second_moment.0": np.zeros((2, 1))}, r"second_moment\.0 with the shape \(2, 1\), expected \(2,\)"),
        ({"second_moment.1": np.zeros(())}, r"second_moment\.1 with the shape \(\), expected \(1, 1\)"),
        ({"learning_rate": np.zeros(1)}, r"learning_rate with the shape \(1,\), expected \(\)"),
        ({"learning_rate": -1.0}, "learning_rate must be at least 0"),
        ({"step_count": 2.5}, "step_count must be a whole number, got 2.5"),
        ({"update_counts.1": -1}, "update_counts.1 must be at least 0"),
        ({"beta2": 1.0}, "beta2 must be at least 0 and below 1"),
        ({"beta2": "half"}, "beta2"),
        ({"first_moment.0": np.array(["a", "b"])}, "first_moment.0"),
        ({"first_moment.0": np.array([1j, 2j])}, "first_moment.0"),
        ({"first_moment.2": np.zeros(2), "momentum": 0.5}, r"unexpected \['first_moment\.2', 'momentum'\]"),
        ({"epsilon": None}, r"missing \['epsilon'\]"),
    ],
)
def test_loading_is_all_or_nothing(change, message):
    source, optimizer = Adam(two_parameters(), 0.5), Adam(two_parameters(), 0.1)
    source.step()
    optimizer.step()
    state = {**source.state_dict(), **change}
    if state["epsilon"] is None:
        del state["epsilon"]
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    for key, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


def test_a_state_of_another_optimizer_is_refused():
    with pytest.raises(ValueError, match=r"does not fit this SGD: missing \['momentum'\], unexpected \['beta1'"):
        SGD(two_parameters()).load_state_dict(Adam(two_parameters()).state_dict())
    with pytest.raises(ValueError, match=r"missing \['momentum_buffers\.0', 'momentum_buffers\.1'\]"):
        SGD(two_parameters(), momentum=0.5).load_state_dict(SGD(two_parameters()).state_dict())
    with pytest.raises(ValueError, match=r"unexpected \['first_moment\.1'"):
        Adam(two_parameters()[:1]).load_state_dict(Adam(two_parameters()).state_dict())


def test_loading_keeps_types_and_takes_tensors():
    optimizer = SGD([Tensor([1.0, 2.0], dtype="float64")], momentum=0.5)
    optimizer.load_state_dict({**optimizer.state_dict(), "momentum_buffers.0": Tensor([3.0, 4.0]), "step_count": 5.0})
    assert optimizer.momentum_buffers[0].dtype == np.float64
    assert (optimizer.momentum_buffers[0].tolist(), optimizer.step_count) == ([3.0, 4.0], 5)
    assert type(optimizer.step_count) is int


# Schedules


def test_get_lr_is_a_float_and_get_last_lr_a_list():
    optimizer = Adam([Tensor([1.0])], 1)
    schedule = StepLR(optimizer, step_size=1)
    for expected in (1.0, 0.1):
        assert type(schedule.get_lr()) is float
        assert schedule.get_lr() == pytest.approx(expected)
        assert schedule.get_last_lr() == [schedule.get_lr()] == [optimizer.learning_rate]
        schedule.step()
    assert (schedule.gamma, schedule.step_size, schedule.optimizer is optimizer) == (0.1, 1, True)


def test_a_schedule_multiplies_what_is_there():
    optimizer = SGD([Tensor([1.0])], 1.0)
    one, two = StepLR(optimizer, 2, 0.5), StepLR(optimizer, 3, 0.1)
    for _ in range(6):
        one.step()
        two.step()
    assert optimizer.learning_rate == pytest.approx(0.5**3 * 0.1**2)
    assert optimizer.step_count == 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"step_size": 0}, ValueError, "step_size must be at least 1"),
        ({"step_size": 2.5}, ValueError, "step_size must be a whole number, got 2.5"),
        ({"step_size": "2"}, TypeError, "step_size must be a number"),
        ({"step_size": 2, "gamma": -0.1}, ValueError, "gamma must be at least 0"),
        ({"step_size": 2, "gamma": math.nan}, ValueError, "gamma"),
    ],
)
def test_schedules_refuse(options, error, message):
    with pytest.raises(error, match=message):
        StepLR(SGD([Tensor([1.0])]), **options)


def test_a_schedule_needs_an_optimizer():
    with pytest.raises(TypeError, match="StepLR needs an optimizer, got a list"):
        StepLR([Tensor([1.0])], 2)


def test_a_schedule_resumes():
    def new():
        optimizer = SGD([Tensor([1.0])], 1.0)
        return optimizer, StepLR(optimizer, 3, 0.5)

    (optimizer, schedule), (other, resumed) = new(), new()
    for _ in range(5):
        schedule.step()
    other.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(schedule.state_dict())
    assert schedule.state_dict() == {"step_count": 5, "step_size": 3, "gamma": 0.5}
    resumed.step()
    assert (resumed.step_count, resumed.get_lr()) == (6, 0.25)
    with pytest.raises(ValueError, match=r"does not fit this StepLR: missing \['gamma'\]"):
        resumed.load_state_dict({"step_count": 1, "step_size": 3})


@given(rate=st.floats(1e-6, 10), step_size=st.integers(1, 5), gamma=st.floats(0.1, 1), calls=st.integers(0, 15))
def test_step_lr_closed_form(rate, step_size, gamma, calls):
    schedule = StepLR(SGD([Tensor([1.0])], rate), step_size, gamma)
    for _ in range(calls):
        schedule.step()
    assert schedule.get_lr() == pytest.approx(rate * gamma ** (calls // step_size))


# With layers and losses


@pytest.mark.parametrize("seed", range(20))
def test_xor(seed):
    inputs = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = Tensor([[0.0], [1.0], [1.0], [0.0]])
    manual_seed(seed)
    model, criterion = Sequential(Linear(2, 8), Tanh(), Linear(8, 1), Sigmoid()), BinaryCrossEntropyLoss()
    optimizer = Adam(model.parameters(), lr=0.05)
    for _ in range(150):
        criterion(model(inputs), targets)
        optimizer.zero_grad()
        model.backward(criterion.backward())
        optimizer.step()
    assert ((model(inputs).data > 0.5) == (targets.data > 0.5)).all()
    assert criterion(model(inputs), targets).item() < 0.05


@pytest.mark.parametrize("make", EVERY)
def test_layers_and_optimizer_hold_the_same_tensors(make):
    manual_seed(0)
    model = Sequential(Linear(3, 2), Tanh())
    optimizer = make(model.parameters(), learning_rate=0.1)
    x = randn(4, 3)
    before = model(x).data.copy()
    model.backward(Tensor(np.ones((4, 2))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step()
    assert np.any(model(x).data != before)
    assert all(parameter.requires_grad for parameter in model.parameters())
