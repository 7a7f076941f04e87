"""Module 03 in the reference library: the contract of `core.activations`, line by line."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_lib.core import activations, tensor
from tinytorch_lib.core.activations import GELU, Activation, ReLU, Sigmoid, Softmax, Tanh, backward_through, floating
from tinytorch_lib.core.tensor import KERNELS, Tensor, current_backend, register_kernel, use_backend

pytestmark = pytest.mark.m03

ORACLE = Path(__file__).parents[1] / "oracles" / "03_activations.npz"
ALL = [ReLU, Sigmoid, Tanh, GELU, Softmax]
TOLERANCE = {"float32": 2e-6, "float64": 1e-12}


@pytest.fixture(scope="module")
def oracle():
    with np.load(ORACLE, allow_pickle=False) as file:
        return dict(file)


def cases():
    with np.load(ORACLE, allow_pickle=False) as file:
        return sorted({key.split("/")[0] for key in file})


def keep(array):
    """A Tensor of the array's own type."""
    return Tensor(array, dtype=array.dtype)


def arrays(*, low=-30.0, high=30.0, min_dims=0):
    """float64 arrays of odd shapes, empty ones included."""
    shapes = hnp.array_shapes(min_dims=min_dims, max_dims=4, min_side=0, max_side=4)
    return hnp.arrays(np.float64, shapes, elements=st.floats(low, high, allow_subnormal=False))


# PyTorch's answers


@pytest.mark.parametrize("case", cases())
@pytest.mark.parametrize("kind", [ReLU, Sigmoid, Tanh, GELU])
def test_agrees_with_pytorch(oracle, kind, case):
    x, gradient = oracle[f"{case}/x"], oracle[f"{case}/gradient"]
    activation, name = kind(), f"{case}/{kind.__name__.lower()}"
    output = activation(keep(x))
    back = activation.backward(keep(gradient))
    for got, expected in ((output, oracle[name]), (back, oracle[f"{name}_backward"])):
        assert got.data.dtype == expected.dtype == x.dtype
        # far out PyTorch's float32 sigmoid gives 0 where ours gives 2e-35, and both are as good
        bound = TOLERANCE[x.dtype.name]
        np.testing.assert_allclose(got.data, expected, rtol=bound * 10, atol=bound)


@pytest.mark.parametrize("case", cases())
def test_softmax_agrees_with_pytorch_along_every_axis(oracle, case):
    x, gradient = oracle[f"{case}/x"], oracle[f"{case}/gradient"]
    bound = TOLERANCE[x.dtype.name]
    for axis in range(-x.ndim, x.ndim):
        if x.shape[axis] == 0:
            continue  # PyTorch gives an empty tensor, we refuse
        activation, name = Softmax(axis=axis), f"{case}/softmax{axis % x.ndim}"
        np.testing.assert_allclose(activation(keep(x)).data, oracle[name], rtol=bound * 10, atol=bound)
        back = activation.backward(keep(gradient))
        np.testing.assert_allclose(back.data, oracle[f"{name}_backward"], rtol=bound * 10, atol=bound)


# Through the dispatch point


@pytest.fixture
def counting():
    """A backend that counts its calls; the names of the called operations."""
    called = []

    def count(op, kernel):
        def counted(*inputs, **attributes):
            called.append(op)
            return kernel(*inputs, **attributes)

        return counted

    for op, kernel in KERNELS["numpy"].items():
        register_kernel(op, count(op, kernel), backend="counting")
    before = current_backend()
    with use_backend("counting"):
        yield called
    del KERNELS["counting"]
    assert current_backend() == before


@pytest.mark.parametrize(
    ("kind", "operations"),
    [
        (ReLU, ["where"]),
        (Sigmoid, ["clip", "neg", "exp", "add", "div"]),
        (Tanh, ["tanh"]),
        (GELU, ["add", "add", "mul", "mul", "mul", "mul", "mul", "mul", "tanh"]),
        (Softmax, ["max", "sub", "exp", "sum", "div"]),
    ],
)
def test_forward_sends_everything_through_the_active_backend(counting, kind, operations):
    x = np.linspace(-3.0, 3.0, 12).reshape(3, 4)
    output = kind()(keep(x)).data
    assert sorted(counting) == sorted(operations)
    with use_backend("numpy"):
        np.testing.assert_array_equal(output, kind()(keep(x)).data)


@pytest.mark.parametrize("kind", ALL)
def test_forward_is_one_connected_chain_of_operations(kind):
    """What 07 needs: the recorder can follow x to the output."""
    x = keep(np.linspace(-3.0, 3.0, 6).reshape(2, 3))
    reached = {id(x): x}

    def record(output, op, inputs, arrays, attributes):
        if any(id(value) in reached for value in inputs):
            reached[id(output)] = output

    former = tensor.ACTIVE.recorder, tensor.ACTIVE.backward
    tensor.install_engine(record, former[1])
    try:
        output = kind()(x)
    finally:
        tensor.install_engine(*former)
    assert id(output) in reached


# Far out


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("error")
def test_far_out_nothing_warns_and_everything_is_finite(kind, dtype):
    activation = kind()
    x = Tensor([[-10000.0, -1000.0, -100.0, 0.0], [100.0, 1000.0, 10000.0, 0.0]], dtype=dtype)
    assert np.isfinite(activation(x).data).all()
    assert np.isfinite(activation.backward(Tensor(np.ones((2, 4)), dtype=dtype)).data).all()


def test_known_values_far_out():
    assert Sigmoid()(Tensor([1000.0, -1000.0])).tolist() == pytest.approx([1.0, 0.0], abs=1e-30)
    assert GELU()(Tensor([100.0, -100.0])).tolist() == [100.0, 0.0]
    assert Softmax()(Tensor([1000.0, -1000.0])).tolist() == [1.0, 0.0]
    assert Softmax()(Tensor([-1000.0, -1000.0])).tolist() == [0.5, 0.5]
    assert Softmax()(Tensor([1.0, -math.inf, 1.0])).tolist() == [0.5, 0.0, 0.5]
    assert ReLU()(Tensor([-math.inf, math.inf])).tolist() == [0.0, math.inf]


def test_sigmoid_keeps_its_digits_on_the_left():
    x = np.linspace(-80.0, -10.0, 71)
    np.testing.assert_allclose(Sigmoid()(Tensor(x)).data, 1 / (1 + np.exp(-x)), rtol=1e-5)


@pytest.mark.parametrize("kind", ALL)
def test_nan_goes_through(kind):
    assert np.isnan(kind()(Tensor([math.nan, 1.0])).data[0])


def test_relu_at_zero_has_slope_zero():
    relu = ReLU()
    relu(Tensor([0.0, -0.0]))
    assert relu.backward(Tensor([5.0, 5.0])).tolist() == [0.0, 0.0]


# Properties


@given(x=arrays(min_dims=1), shift=st.floats(-500, 500), data=st.data())
def test_softmax_is_a_distribution_and_blind_to_a_shift(x, shift, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    if x.shape[axis] == 0:
        return
    softmax = Softmax(axis=axis)
    probabilities = softmax(keep(x)).data
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=axis), 1.0, rtol=1e-12)
    np.testing.assert_allclose(softmax(keep(x + shift)).data, probabilities, rtol=1e-10)
    back = softmax.backward(keep(np.cos(x))).data
    np.testing.assert_allclose(back.sum(axis=axis), 0.0, atol=1e-12)


@given(x=arrays())
def test_identities(x):
    sigmoid, tanh, gelu, relu = (kind()(keep(x)).data for kind in (Sigmoid, Tanh, GELU, ReLU))
    np.testing.assert_allclose(sigmoid + Sigmoid()(keep(-x)).data, 1.0, rtol=1e-12)
    np.testing.assert_allclose(2 * Sigmoid()(keep(2 * x)).data - 1, tanh, atol=1e-12)
    np.testing.assert_allclose(gelu - GELU()(keep(-x)).data, x, atol=1e-12)
    np.testing.assert_array_equal(relu - ReLU()(keep(-x)).data, x)


@given(x=arrays(low=-4.0, high=4.0, min_dims=1), seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(ALL))
def test_backward_is_the_derivative_of_forward(x, seed, kind):
    """Central differences in one random direction; a corner of ReLU is stepped around."""
    if x.shape[-1] == 0:
        return
    x = np.where(np.abs(x) < 1e-3, 0.5, x)
    generator = np.random.default_rng(seed)
    weights, direction = generator.standard_normal(x.shape), generator.uniform(-1, 1, x.shape)
    activation, step = kind(), 1e-5
    activation(keep(x))
    analytic = np.sum(activation.backward(keep(weights)).data * direction)
    ends = [np.sum(weights * kind()(keep(x + sign * step * direction)).data) for sign in (1, -1)]
    np.testing.assert_allclose(analytic, (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-7)


# The object


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("data", [[[1, -2, 0]], [[True, False, True]]])
def test_integers_and_booleans_give_float32(kind, data):
    activation = kind()
    assert activation(Tensor(data)).dtype == np.float32
    assert activation.backward(Tensor([[1, 2, 3]])).dtype == np.float32


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_types_are_kept(kind, dtype):
    activation = kind()
    assert activation(Tensor([0.5, -1.0], dtype=dtype)).dtype == dtype
    assert activation.backward(Tensor([0.5, -1.0], dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("kind", ALL)
def test_arguments_stay_as_they_are(kind):
    x, gradient = Tensor([[0.5, -1.0, 2.0]]), Tensor([[1.0, -2.0, 3.0]])
    activation = kind()
    activation(x)
    activation.backward(gradient)
    assert (x.tolist(), gradient.tolist()) == ([[0.5, -1.0, 2.0]], [[1.0, -2.0, 3.0]])
    assert x.grad is None


@pytest.mark.parametrize("kind", ALL)
def test_backward_before_forward_says_so(kind):
    with pytest.raises(RuntimeError, match=rf"{kind.__name__}.backward was called before forward"):
        kind().backward(Tensor([1.0]))


@pytest.mark.parametrize("kind", ALL)
def test_a_gradient_of_another_shape_is_refused(kind):
    activation = kind()
    activation(Tensor(np.ones((2, 3))))
    with pytest.raises(ValueError, match=r"shape \(3,\).*\(2, 3\)"):
        activation.backward(Tensor(np.ones(3)))


@pytest.mark.parametrize("kind", ALL)
def test_backward_belongs_to_the_last_forward_and_repeats(kind):
    activation, fresh = kind(), kind()
    activation(Tensor(np.ones((5, 2))))
    for one in (activation, fresh):
        one(Tensor([[-1.0, 0.5, 3.0]]))
    gradient = Tensor([[1.0, 2.0, -1.0]])
    expected = fresh.backward(gradient).tolist()
    assert [activation.backward(gradient).tolist() for _ in range(2)] == [expected, expected]


def test_saved_memory():
    """One byte an element for ReLU, four for the others."""
    saved = {}
    for kind in ALL:
        activation = kind()
        activation(Tensor(np.ones((10, 10))))
        saved[kind.__name__] = activation.saved.nbytes
    assert saved == {"ReLU": 100, "Sigmoid": 400, "Tanh": 400, "GELU": 400, "Softmax": 400}


@pytest.mark.parametrize("kind", ALL)
def test_the_base(kind):
    activation = kind()
    assert isinstance(activation, Activation)
    assert activation.parameters() == []
    assert activation.training is True
    assert activation.eval() is activation
    assert activation.training is False
    assert activation.train() is activation
    assert activation.training is True
    x = Tensor([0.5, -2.0])
    assert activation(x).tolist() == activation.forward(x).tolist()


def test_the_base_alone_computes_nothing():
    with pytest.raises(NotImplementedError, match="Activation defines no forward"):
        Activation()(Tensor([1.0]))
    with pytest.raises(NotImplementedError, match="Activation defines no backward"):
        Activation().backward(Tensor([1.0]))


def test_softmax_names_its_axis_and_refuses_one_that_is_not_there():
    assert (Softmax().axis, Softmax(axis=0).axis, Softmax(1).axis) == (-1, 0, 1)
    with pytest.raises(ValueError, match="axis 2"):
        Softmax(axis=2)(Tensor([[1.0, 2.0]]))
    with pytest.raises(ValueError, match="zero-size"):
        Softmax()(Tensor(np.ones((2, 0))))


def test_floating():
    x = Tensor([1.0])
    assert floating(x) is x
    assert floating([1, 2]).dtype == np.float32
    assert floating(3).tolist() == 3.0
    with pytest.raises(TypeError, match="real number"):
        floating("text")


def test_backward_through_goes_from_the_last_to_the_first():
    chain = [Softmax(), Tanh(), Softmax(axis=0)]
    x = np.sin(np.arange(6.0)).reshape(2, 3)
    value = keep(x)
    for activation in chain:
        value = activation(value)
    weights, step = np.cos(np.arange(6.0)).reshape(2, 3), 1e-6

    def loss(moved):
        value = keep(moved)
        for kind in (Softmax(), Tanh(), Softmax(axis=0)):
            value = kind(value)
        return np.sum(weights * value.data)

    numeric = np.zeros((2, 3))
    for index in np.ndindex(2, 3):
        offset = np.zeros((2, 3))
        offset[index] = step
        numeric[index] = (loss(x + offset) - loss(x - offset)) / (2 * step)
    np.testing.assert_allclose(backward_through(chain, keep(weights)).data, numeric, atol=1e-8)
    gradient = Tensor([1.0])
    assert backward_through([], gradient) is gradient


def test_functions_and_classes_say_the_same():
    x = Tensor([[0.5, -1.0], [2.0, 0.0]])
    for name in ("relu", "sigmoid", "tanh", "gelu", "softmax"):
        kind = {"relu": ReLU, "gelu": GELU}.get(name) or getattr(activations, name.capitalize())
        assert getattr(activations, name)(x).tolist() == kind()(x).tolist()
    assert activations.softmax(x, axis=0).tolist() == Softmax(axis=0)(x).tolist()
