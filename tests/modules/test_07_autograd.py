"""Module 07 in the reference library: the contract of `core.autograd` line by line, and PyTorch's gradients."""
# ruff: noqa: ARG005 (a rule takes what it does not need)

import gc
import importlib.util
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_lib.core import activations, autograd, layers, losses
from tinytorch_lib.core import tensor as core
from tinytorch_lib.core.autograd import Variable, gradcheck, no_grad, register_gradient
from tinytorch_lib.core.tensor import Tensor, apply, concatenate, randn, register_kernel, use_backend, where

pytestmark = pytest.mark.m07

ORACLES = Path(__file__).parents[1] / "oracles"


def _oracle(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up there
    spec.loader.exec_module(module)
    return module


ALL_CASES = _oracle("make_02_tensor").read_cases()
CASES = [case for case in ALL_CASES if case.upstream is not None]
EXPRESSIONS = _oracle("make_07_autograd").EXPRESSIONS


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    """The engine is in, whatever other tests did; afterwards everything is as before."""
    former = core.ACTIVE.recorder, core.ACTIVE.backward
    core.install_engine(autograd.record, autograd.backward)
    core.manual_seed(7)
    yield
    core.install_engine(*former)
    assert autograd.RECORDING.on
    assert core.current_backend() == "numpy"


def leaf(data, dtype=np.float32) -> Tensor:
    return Tensor(data, requires_grad=True, dtype=dtype)


def agree(got, expected, tolerance=1e-5) -> None:
    """Equal up to `tolerance` times the largest number."""
    expected = np.asarray(expected)
    assert got.shape == expected.shape
    largest = np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * (largest + 1e-2))


# --- PyTorch's gradients ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_operation_agrees_with_pytorch(case, dtype) -> None:
    inputs = [leaf(x, dtype) if x.dtype == np.float32 else core.from_numpy(x) for x in case.inputs]
    before = [x.data.copy() for x in inputs]
    output = apply(case.op, *inputs, **case.attributes)
    assert output.requires_grad and output.dtype == dtype
    output.backward(case.upstream)
    for x, kept, expected in zip(inputs, before, case.gradients, strict=True):
        np.testing.assert_array_equal(x.data, kept)
        if expected is None:
            assert x.grad is None
            continue
        agree(x.grad.data, expected, 1e-5 if dtype == np.float32 else 1e-12)
        assert x.grad.dtype == dtype and x.grad.data.flags.owndata and x.grad.data.flags.c_contiguous
    assert output.grad is None


def test_the_oracle_covers_every_rule() -> None:
    covered = {case.op for case in CASES}
    # later modules register rules of their own, once something imports them
    own = {op for op, rule in autograd.GRADIENTS["numpy"].items() if rule.__module__ == autograd.__name__}
    assert covered == own
    assert covered == {case.op for case in ALL_CASES} - {"argmax"}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whole_expressions_agree_with_pytorch(name, dtype) -> None:
    function, shapes = EXPRESSIONS[name]
    with np.load(ORACLES / "07_autograd.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    inputs = [leaf(arrays[f"{name}/input{i}"], dtype) for i in range(len(shapes))]
    output = function(*inputs)
    agree(output.data, arrays[f"{name}/output"])
    output.backward(arrays[f"{name}/upstream"])
    for i, x in enumerate(inputs):
        agree(x.grad.data, arrays[f"{name}/gradient{i}"], 2e-5 if dtype == np.float32 else 1e-11)


# --- central differences ----------------------------------------------------------------------------------------------


def central(function, arrays, upstream, step=1e-5):
    """The gradients of sum(upstream * function(*arrays)), numpy alone."""
    for place, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            sums = []
            for sign in (1, -1):
                moved = [np.array(x) for x in arrays]
                moved[place][index] += sign * step
                sums.append(np.sum(upstream * function(*moved)))
            gradient[index] = (sums[0] - sums[1]) / (2 * step)
        yield gradient


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
}


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    op=st.sampled_from(sorted(BINARY)),
    seed=st.integers(0, 2**16),
)
def test_operands_that_broadcast_get_gradients_of_their_own_shape(shapes, op, seed) -> None:
    random = np.random.default_rng(seed)
    a, b = (random.uniform(0.5, 2.0, shape) for shape in shapes.input_shapes)
    upstream = random.standard_normal(shapes.result_shape)
    x, y = leaf(a, np.float64), leaf(b, np.float64)
    apply(op, x, y).backward(upstream)
    for tensor, expected in zip((x, y), central(BINARY[op], [a, b], upstream), strict=True):
        agree(tensor.grad.data, expected, 1e-6)


@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=4, max_side=3),
    op=st.sampled_from(["sum", "mean", "var", "max", "min"]),
    keepdims=st.booleans(),
    data=st.data(),
)
def test_reductions_along_any_axes(shape, op, keepdims, data) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    axes = data.draw(st.none() | st.sets(st.integers(-len(shape), len(shape) - 1) if shape else st.nothing()))
    if axes is not None and len({axis % len(shape) for axis in axes}) < len(axes):
        axes = None
    axis = None if axes is None else tuple(axes)
    a = random.permutation(math.prod(shape)).reshape(shape) + random.uniform(0, 0.5, shape)
    kernel = core.KERNELS["numpy"][op]
    upstream = random.standard_normal(np.shape(kernel(a, axis, keepdims)))
    x = leaf(a, np.float64)
    apply(op, x, axis=axis, keepdims=keepdims).backward(upstream)
    (expected,) = central(lambda a: kernel(a, axis, keepdims), [a], upstream)
    agree(x.grad.data, expected, 1e-6)


@given(
    stacks=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3),
    sizes=st.tuples(*[st.integers(1, 3)] * 3),
    vectors=st.sampled_from(["", "a", "b", "ab"]),
    seed=st.integers(0, 2**16),
)
def test_matrix_products_of_stacks_and_vectors(stacks, sizes, vectors, seed) -> None:
    random, (n, k, m) = np.random.default_rng(seed), sizes
    a = random.standard_normal((k,) if "a" in vectors else (*stacks.input_shapes[0], n, k))
    b = random.standard_normal((k,) if "b" in vectors else (*stacks.input_shapes[1], k, m))
    x, y = leaf(a, np.float64), leaf(b, np.float64)
    output = x @ y
    upstream = random.standard_normal(output.shape)
    output.backward(upstream)
    for tensor, expected in zip((x, y), central(np.matmul, [a, b], upstream), strict=True):
        agree(tensor.grad.data, expected, 1e-6)


def test_the_gradient_of_a_transposed_weight_lies_in_memory_as_the_weight_does() -> None:
    weight, x = leaf(randn(3, 4)), randn(2, 5, 4)
    (x @ weight.T).sum().backward()
    agree(weight.grad.data, np.broadcast_to(x.data.sum(axis=(0, 1)), (3, 4)))
    assert weight.grad.data.flags.c_contiguous


# --- agreed values at corners -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (lambda t: t.abs(), [-2.0, 0.0, 3.0], [-1, 0, 1]),
        (lambda t: t.clip(-1, 1), [-1.0, 1.0, 1.5, 0.0], [1, 1, 0, 1]),
        (lambda t: t.max(), [3.0, 1.0, 3.0, 3.0], [1 / 3, 0, 1 / 3, 1 / 3]),
        (lambda t: t.min(), [0.0, 0.0], [0.5, 0.5]),
        (lambda t: t**0, [0.0, 2.0], [0, 0]),
        (lambda t: t**1, [0.0, -2.0], [1, 1]),
        (lambda t: t**2, [0.0, -2.0], [0, -4]),
        (lambda t: t**-1, [2.0, -4.0], [-0.25, -0.0625]),
        (lambda t: 2**t, [0.0, 1.0], [math.log(2), 2 * math.log(2)]),
        (lambda t: 0**t, [0.0, 1.0], [0, 0]),
        (lambda t: t[[0, 0, 0, -1]], [5.0, 6.0, 7.0], [3, 0, 1]),
        (lambda t: t[t > 5], [5.0, 6.0, 7.0], [0, 1, 1]),
        (lambda t: where(t > 5.5, t, -1.0), [5.0, 6.0], [0, 1]),
        (lambda t: concatenate([t, t[:1], t]), [5.0, 6.0], [3, 2]),
        (lambda t: t * t, [3.0], [6]),
        (lambda t: t @ t, [3.0, 4.0], [6, 8]),
        (lambda t: t / t, [3.0], [0]),
    ],
)
def test_what_is_agreed(function, values, expected) -> None:
    t = leaf(values)
    output = function(t)
    output.backward(np.ones(output.shape))
    agree(t.grad.data, expected)


def test_an_overflow_in_a_rule_is_silent() -> None:
    t = leaf([0.0])
    (t.sqrt() + t.log()).backward([1.0])  # warnings are errors here
    assert np.isinf(t.grad.data[0])


# --- the record -------------------------------------------------------------------------------------------------------


def test_importing_the_package_installs_the_engine() -> None:
    program = "from tinytorch_lib import Tensor\nt = Tensor([3.0], requires_grad=True)\n(t * t).backward()\n"
    program += "print(t.grad.data)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[6.]\n"


def test_outputs_require_gradients_when_an_input_does() -> None:
    x, plain, n = leaf([1.0, 2.0]), Tensor([1.0, 2.0]), Tensor([1, 2])
    for output in (x + plain, 2 * x, np.ones(2) - x, x[0], n * x, x.reshape(2, 1), concatenate([plain, x])):
        assert output.requires_grad and output.node is not None
    for output in (plain + plain, n + n, x.argmax(), x.detach() * 2, Tensor(x) * 2, plain.sum()):
        assert not output.requires_grad and output.node is None
    assert isinstance(x > 1, np.ndarray)


def test_no_grad_nests_and_restores() -> None:
    x = leaf([1.0])
    with no_grad():
        with no_grad():
            assert not (x * 2).requires_grad
        assert not (x * 2).requires_grad
        inside = x * 2
    assert (x * 2).requires_grad
    assert not (inside + 1).requires_grad
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * 2).requires_grad
    assert no_grad()(lambda: (x * 2).requires_grad)() is False  # as a decorator too


def test_detach_cuts() -> None:
    x = leaf([2.0])
    (x * x.detach() + (x * x).detach()).backward()
    assert x.grad.tolist() == [2.0]


def test_hand_written_backwards_record_nothing(monkeypatch) -> None:
    model = layers.Sequential(layers.Linear(3, 4), activations.GELU(), layers.Dropout(0.5), layers.Linear(4, 2))
    criterion = losses.CrossEntropyLoss()
    criterion(model(randn(5, 3)), [0, 1, 0, 1, 1])
    recorded = []
    core.install_engine(lambda output, op, *rest: recorded.append(op), autograd.backward)
    gradient = model.backward(criterion.backward())
    assert recorded == []
    assert not gradient.requires_grad
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("kind", ["Tanh", "ReLU", "Sigmoid", "GELU", "Softmax"])
def test_activations_agree_with_their_backward(kind) -> None:
    activation, x = getattr(activations, kind)(), leaf(randn(3, 4, 5).data, np.float64)
    output, upstream = activation(x), randn(3, 4, 5, dtype=np.float64)
    output.backward(upstream)
    agree(x.grad.data, activation.backward(upstream).data, 1e-12)


def test_a_model_agrees_with_its_backward() -> None:
    model = layers.Sequential(
        layers.Flatten(), layers.Linear(6, 8), activations.Tanh(), layers.Dropout(0.3), layers.Linear(8, 3, bias=False)
    )
    criterion, x = losses.CrossEntropyLoss(), leaf(randn(4, 2, 3).data)
    criterion(model(x), [0, 2, 1, 1]).backward()
    machine = [x.grad.data, *(parameter.grad.data for parameter in model.parameters())]
    model.zero_grad()
    hand = [model.backward(criterion.backward()).data, *(parameter.grad.data for parameter in model.parameters())]
    for one, other in zip(machine, hand, strict=True):
        agree(one, other, 1e-5)


@pytest.mark.parametrize("kind", ["MSELoss", "L1Loss", "BinaryCrossEntropyLoss"])
def test_losses_agree_with_their_backward(kind) -> None:
    criterion, target = getattr(losses, kind)(), (np.arange(12).reshape(3, 4) % 2).astype(np.float64)
    prediction = leaf(np.random.default_rng(3).uniform(0.05, 0.95, (3, 4)), np.float64)
    criterion(prediction, Tensor(target, dtype=np.float64)).backward()
    agree(prediction.grad.data, criterion.backward().data, 1e-10)


def test_a_layer_used_twice_gets_both_gradients() -> None:
    layer, x = layers.Linear(3, 3), randn(2, 3)
    layer(layer(x)).sum().backward()
    weight = layer.weight.data.astype(np.float64)
    numeric = next(
        central(
            lambda w: (x.data @ w.T + layer.bias.data) @ w.T + layer.bias.data,
            [weight],
            np.ones((2, 3)),
        )
    )
    agree(layer.weight.grad.data, numeric, 1e-5)


# --- backward ---------------------------------------------------------------------------------------------------------


def test_gradients_accumulate_in_leaves_only() -> None:
    x = leaf([1.0, 2.0])
    middle = x * x
    middle.sum().backward()
    assert middle.grad is None
    (3 * x).sum().backward()
    assert x.grad.tolist() == [5.0, 7.0]
    x.zero_grad()
    assert x.grad is None


def test_a_leaf_is_its_own_graph() -> None:
    x = leaf(2.0)
    x.backward()
    x.backward(3.0)
    assert x.grad.item() == 4.0 and x.grad.shape == ()


@pytest.mark.parametrize("function", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: concatenate([a, b])])
def test_a_gradient_owns_its_memory(function) -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    output = function(a, b)
    upstream = Tensor(np.ones(output.shape))
    output.backward(upstream)
    others = [upstream, output, a, b]
    assert not any(core.shares_memory(gradient, other) for gradient in (a.grad, b.grad) for other in others)
    assert not core.shares_memory(a.grad, b.grad)
    a.grad.data[...] = 9
    assert upstream.tolist() == [1.0] * output.size


def test_of_a_broadcast_gradient_too() -> None:
    x = leaf(np.zeros((2, 3)))
    x.sum().backward()
    x.grad.data[0, 0] = 5
    assert x.grad.tolist() == [[5, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_types_are_kept(dtype) -> None:
    x = leaf([1.0, 2.0], dtype)
    ((x * Tensor([3, 4]) / 2 + np.ones(2)) ** 2).mean().backward()
    assert x.grad.dtype == dtype


def test_mixed_types_each_get_their_own() -> None:
    single, double = leaf([1.0]), leaf([2.0], np.float64)
    (single * double).backward()
    assert single.grad.dtype == np.float32 and double.grad.dtype == np.float64


def test_integer_operands_reach_the_rule_as_integers() -> None:
    seen = []

    def rule(gradient, output, a, n):
        seen.append(n.dtype)
        return gradient * n, None

    register_kernel("test-07-times", lambda a, n: a * n)
    register_gradient("test-07-times", rule)
    try:
        x = leaf([1.0, 2.0])
        apply("test-07-times", x, Tensor([3, 4])).backward([1.0, 1.0])
    finally:
        del core.KERNELS["numpy"]["test-07-times"], autograd.GRADIENTS["numpy"]["test-07-times"]
    assert seen == [np.int64]
    assert x.grad.tolist() == [3, 4] and x.grad.dtype == np.float32


@pytest.mark.parametrize("shape", [(2,), (1, 2), (0,)])
def test_only_one_number_needs_no_gradient(shape) -> None:
    with pytest.raises(ValueError, match="needs a gradient"):
        (leaf(np.ones(shape)) * 2).backward()


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_number_in_any_shape(shape) -> None:
    x = leaf(np.ones(shape))
    (x * 2).backward()
    assert x.grad.shape == shape and x.grad.item() == 2


@pytest.mark.parametrize(("shape", "gradient"), [((2,), 1.0), ((2,), [1.0]), ((2, 3), np.ones((3, 2))), ((), [1.0])])
def test_a_gradient_of_another_shape_is_refused(shape, gradient) -> None:
    x = leaf(np.ones(shape))
    with pytest.raises(ValueError, match="shape"):
        (x * 2).backward(gradient)
    assert x.grad is None


@pytest.mark.parametrize("gradient", [[1, 2], (1.0, 2.0), np.array([1, 2]), Tensor([1, 2]), Tensor([1.0, 2.0])])
def test_a_gradient_may_be_anything_with_that_shape(gradient) -> None:
    x = leaf([5.0, 5.0])
    (x * 2).backward(gradient)
    assert x.grad.tolist() == [2, 4] and x.grad.dtype == np.float32


def test_backward_of_what_needs_no_gradient() -> None:
    for tensor in (Tensor([1.0]), Tensor([1.0]) * 2, leaf([1.0]).detach()):
        with pytest.raises(RuntimeError, match="requires_grad"):
            tensor.backward()


def test_a_second_backward_is_refused_and_changes_nothing() -> None:
    x = leaf([1.0, 2.0])
    shared = x * x
    first, second = shared.sum(), (shared * x).sum()
    first.backward()
    for freed in (first, second):
        with pytest.raises(RuntimeError, match="freed"):
            freed.backward()
    assert x.grad.tolist() == [2, 4]


def test_backward_lets_go_of_the_arrays() -> None:
    x = leaf(np.ones(1000))
    output = (x.exp() * 2).sum()
    node = output.node
    output.backward()
    assert node.inputs is node.arrays is node.output is None
    assert "freed" in repr(node)


def test_a_dropped_output_needs_no_garbage_collector() -> None:
    x = leaf(np.ones(10))
    gc.collect()
    gc.disable()
    try:
        (x.exp() * x).sum().backward()
        unused = (x.exp() * x).sum()
        del unused
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_deep_graphs_do_not_recurse() -> None:
    x = leaf([1.0])
    y = x
    for _ in range(10_000):
        y = y + x
    y.backward()
    assert x.grad.tolist() == [10_001]
    for _ in range(100_000):
        y = -(x if y.node is None or y.node.inputs is None else y)
    del y  # nor when it is freed unused


def test_a_graph_with_very_many_paths() -> None:
    x = leaf([1.0], np.float64)
    y = x
    for _ in range(60):
        y = (y + y) / 2
    y.backward()
    assert x.grad.tolist() == [1.0]


# --- rules and backends -----------------------------------------------------------------------------------------------


@pytest.fixture
def backend() -> Iterator[str]:
    """A backend whose exp is `exp(a) + 1`, gone afterwards."""
    register_kernel("exp", lambda a: np.exp(a) + 1, backend="test-07-fast")
    yield "test-07-fast"
    core.KERNELS.pop("test-07-fast")
    autograd.GRADIENTS.pop("test-07-fast", None)


def test_a_backend_without_a_rule_falls_back_to_numpys(backend) -> None:
    x = leaf([0.0])
    with use_backend(backend):
        output = x.exp()
    output.backward()
    assert x.grad.tolist() == [2.0]  # gradient * output


def test_the_rule_is_that_of_the_backend_that_computed(backend) -> None:
    register_gradient("exp", lambda gradient, output, a: gradient * (output - 1), backend=backend)
    x = leaf([0.0])
    with use_backend(backend):
        output = x.exp()
    output.backward()  # outside of the block
    assert x.grad.tolist() == [1.0]
    x.zero_grad()
    output = x.exp()
    with use_backend(backend):
        output.backward()
    assert x.grad.tolist() == [1.0]


def test_an_operation_without_a_rule_computes_but_has_no_backward(backend) -> None:
    register_kernel("test-07-cube", lambda a: a**3, backend=backend)
    x = leaf([2.0])
    with use_backend(backend):
        output = apply("test-07-cube", x) + x
    assert output.tolist() == [10.0]
    with pytest.raises(ValueError, match="'test-07-cube' has no gradient rule"):
        output.backward()
    register_gradient("test-07-cube", lambda gradient, output, a: 3 * a * a * gradient, backend=backend)
    x.zero_grad()
    output.backward()  # the failed one has freed nothing
    assert x.grad.tolist() == [13.0]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda gradient, output, a: (gradient, gradient), "2 gradients for 1 inputs"),
        (lambda gradient, output, a: gradient[:1], r"shape \(1,\) for an input of shape \(2,\)"),
        (lambda gradient, output, a: gradient.sum(), r"shape \(\) for an input of shape \(2,\)"),
        (lambda gradient, output, a: np.ones((2, 3)), r"shape \(2, 3\) for an input of shape \(2,\)"),
    ],
)
def test_a_rule_that_gives_nonsense_is_named(backend, rule, message) -> None:
    register_gradient("exp", rule, backend=backend)
    with use_backend(backend):
        output = leaf([1.0, 2.0]).exp()
    with pytest.raises(ValueError, match=f"'exp' gave (the )?{message}"):
        output.backward([1.0, 1.0])


def test_a_function_in_place_of_an_array_is_called_only_where_needed(backend) -> None:
    called = []

    def rule(gradient, output, a, b):
        return lambda: called.append("a") or gradient * b, lambda: called.append("b") or gradient * a

    register_gradient("mul", rule, backend=backend)
    x = leaf([2.0])
    with use_backend(backend):
        output = x * Tensor([3.0])
    output.backward()
    assert x.grad.tolist() == [3.0] and called == ["a"]


def test_none_from_a_rule_is_no_gradient(backend) -> None:
    register_gradient("mul", lambda gradient, output, a, b: (None, gradient * a), backend=backend)
    x, y = leaf([2.0]), leaf([3.0])
    with use_backend(backend):
        output = -x * y
    output.backward()
    assert x.grad is None and y.grad.tolist() == [-2.0]


# --- gradcheck and Variable -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda a, b: a * b + a / (b * b + 1), [(2, 3), (3,)]),
        (lambda a: activations.softmax(a, axis=0), [(3, 2)]),
        (activations.gelu, [(2, 1, 3)]),
        (losses.log_softmax, [(2, 4)]),
        (lambda a: a.var(axis=1).sqrt() + a.max(axis=1), [(3, 5)]),
        (lambda a: a[::2, [0, 0, 1]].T.flatten(), [(4, 2)]),
        (lambda a: a.sum(), [()]),
        (lambda a: a * 0, [(2,)]),
        (lambda a: Tensor([1.0, 2.0], dtype=np.float64), [(2,)]),
        (lambda a: a.exp(), [(0, 3)]),
    ],
)
def test_gradcheck_passes_what_is_right(function, shapes) -> None:
    assert gradcheck(function, [randn(shape) for shape in shapes]) is True


def test_gradcheck_catches_what_is_cut() -> None:
    assert gradcheck(lambda a: a * a.detach(), [randn(3)]) is False
    assert gradcheck(lambda a: Tensor(a.data * 2, dtype=np.float64), [randn(3)]) is False


@pytest.mark.parametrize(
    "rule",
    [
        lambda gradient, output, a, b: (2 * gradient * b, gradient * a),
        lambda gradient, output, a, b: (gradient * b, -gradient * a),
        lambda gradient, output, a, b: (gradient * b, (gradient * a)[0]),
        lambda gradient, output, a, b: (gradient * b, gradient * a.T),
        lambda gradient, output, a, b: (gradient * b, None),
        lambda gradient, output, a, b: (gradient * b + 1e-3, gradient * a),
        lambda gradient, output, a, b: (gradient * b * np.nan, gradient * a),
    ],
)
def test_gradcheck_catches_wrong_rules(backend, rule) -> None:
    register_gradient("mul", rule, backend=backend)
    with use_backend(backend):
        assert gradcheck(lambda a, b: a * b, [randn(3, 3), randn(3)]) is False
    assert gradcheck(lambda a, b: a * b, [randn(3, 3), randn(3)]) is True


def test_gradcheck_leaves_its_inputs_alone() -> None:
    x, n, array = leaf([1.0, 2.0]), Tensor([3, 4]), np.array([0.5, 0.5])
    seen = []

    def function(*inputs):
        seen.append([tensor.dtype for tensor in inputs])
        return inputs[0] * inputs[1] * inputs[2]

    assert gradcheck(function, [x, n, array]) is True
    assert x.grad is None and x.tolist() == [1, 2] and array.tolist() == [0.5, 0.5]
    assert all(types == [np.float64, np.int64, np.float64] for types in seen)


def test_epsilon_and_tolerance_are_used() -> None:
    cube = lambda t: t * t * t  # noqa: E731
    assert gradcheck(cube, [Tensor([1.0])], epsilon=0.1) is False
    assert gradcheck(cube, [Tensor([1.0])], epsilon=0.1, tolerance=0.01) is True
    assert gradcheck(cube, [Tensor([1.0])], tolerance=1e-14) is False


def test_variable_is_a_tensor_that_requires_gradients() -> None:
    for data in ([1, 2], [1.0, 2.0], np.array([1, 2]), Tensor([1, 2])):
        variable = Variable(data)
        assert isinstance(variable, Tensor) and variable.requires_grad
        assert variable.dtype == np.float32 and variable.tolist() == [1, 2]
    assert Variable([1.0], requires_grad=False).requires_grad is False
    source = np.ones(2, np.float32)
    Variable(source).data[0] = 5
    assert source.tolist() == [1, 1]
