"""Module 02 in the reference library: the contract of `core.tensor` line by line, and PyTorch's numbers."""

import importlib.util
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_lib.core import tensor as lib
from tinytorch_lib.core.tensor import Tensor, apply

pytestmark = pytest.mark.m02

same_every_time = settings(derandomize=True, deadline=None, max_examples=100)


def _oracle() -> ModuleType:
    path = Path(__file__).parents[1] / "oracles" / "make_02_tensor.py"
    spec = importlib.util.spec_from_file_location("make_02_tensor", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up there
    spec.loader.exec_module(module)
    return module


CASES = _oracle().read_cases()


@pytest.fixture(autouse=True)
def no_engine() -> Iterator[None]:
    """Module 02 by itself: importing the library installs 07's engine, which these tests put back afterwards."""
    former = lib.ACTIVE.recorder, lib.ACTIVE.backward
    lib.install_engine(None, None)
    yield
    lib.install_engine(*former)


@pytest.fixture
def engine(no_engine: None) -> list[tuple]:
    """What the recorder hears."""
    heard: list[tuple] = []
    lib.install_engine(lambda *call: heard.append(call), lambda tensor, gradient: heard.append((tensor, gradient)))
    return heard


# --- PyTorch's numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_forward_agrees_with_pytorch(case) -> None:
    inputs = [x if x.dtype == np.bool_ else Tensor(x) for x in case.inputs]
    before = [x.copy() for x in case.inputs]
    result = apply(case.op, *inputs, **case.attributes)
    assert result.shape == case.output.shape
    assert result.dtype == (np.int64 if case.op == "argmax" else np.float32)
    np.testing.assert_allclose(result.data, case.output, rtol=2e-5, atol=2e-6)
    for x, kept in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x if isinstance(x, np.ndarray) else x.data, kept)


def test_the_oracle_covers_every_operation() -> None:
    # later modules register operations of their own, once something imports them
    own = {op for op, kernel in lib.KERNELS["numpy"].items() if kernel.__module__ == lib.__name__}
    assert {case.op for case in CASES} == own


def test_the_oracle_has_a_gradient_for_every_float_input() -> None:
    for case in CASES:
        for x, gradient in zip(case.inputs, case.gradients, strict=True):
            if x.dtype == np.float32 and case.op != "argmax":
                assert gradient is not None and gradient.shape == x.shape, case.name


# --- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [
        (1.5, np.float32, ()),
        (3, np.int64, ()),
        (True, np.bool_, ()),
        ([], np.float32, (0,)),
        ([[1, 2], [3, 4]], np.int64, (2, 2)),
        ([1, 2.0], np.float32, (2,)),
        (((1.0,), (2.0,)), np.float32, (2, 1)),
        (np.zeros((2, 0, 3)), np.float32, (2, 0, 3)),
        (np.zeros(2, np.float16), np.float16, (2,)),
        (np.zeros(2, np.uint8), np.uint8, (2,)),
        (np.float64(2.0), np.float32, ()),
        (range(3), np.int64, (3,)),
    ],
)
def test_data_is_always_an_array_of_the_expected_type(data, dtype, shape) -> None:
    tensor = Tensor(data)
    assert isinstance(tensor.data, np.ndarray)
    assert (tensor.dtype, tensor.shape, tensor.ndim, tensor.size) == (dtype, shape, len(shape), math.prod(shape))
    assert tensor.grad is None and tensor.requires_grad is False


def test_dtype_is_obeyed() -> None:
    assert Tensor([0.1], dtype=np.float64).data[0] == 0.1
    assert Tensor([1.9], dtype="int32").dtype == np.int32
    assert Tensor(Tensor([1, 2]), dtype=float).dtype == np.float64
    assert Tensor([1, 2], requires_grad=True, dtype=np.float32).requires_grad is True


def test_a_tensor_of_an_array_or_tensor_is_a_copy() -> None:
    source = np.array([1.0, 2.0], np.float32)
    first = Tensor(source)
    second = Tensor(first, dtype=np.float32)
    source[0] = first.data[1] = 9
    assert first.tolist() == [1, 9] and second.tolist() == [1, 2]


def test_views_and_detach_share() -> None:
    t = Tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    for view in (
        t.detach(),
        t.reshape(4, 6),
        t.transpose(0, 2),
        t.permute(2, 0, 1),
        t.T,
        t.flatten(),
        t[1],
        t[..., ::2],
        t[None],
    ):
        assert lib.shares_memory(t, view)
        assert view.requires_grad is False
    assert t.numpy() is t.data
    for copied in (t[[0, 0]], t[t > 3], t + 0, t.sum(axis=()), t.clip(), lib.concatenate([t]), Tensor(t)):
        assert not lib.shares_memory(t, copied)


@pytest.mark.parametrize("data", [[[1, 2], [3]], [[1.0], 2.0], [np.zeros(2), np.zeros(3)]])
def test_ragged_data_is_a_value_error(data) -> None:
    with pytest.raises(ValueError, match="equally long"):
        Tensor(data)


@pytest.mark.parametrize("data", ["abc", None, ["1", "2"], [1, None], 1j, object(), {"a": 1}, 2**70, np.array(["a"])])
def test_what_is_no_real_number_is_a_type_error(data) -> None:
    with pytest.raises(TypeError, match="real numbers"):
        Tensor(data)


def test_a_tensor_cannot_be_made_complex() -> None:
    with pytest.raises(TypeError, match="complex"):
        Tensor([1.0], dtype=complex)


@pytest.mark.parametrize("data", [1, [1, 2], [True], np.zeros(2, np.uint8)])
def test_integers_cannot_require_gradients(data) -> None:
    with pytest.raises(ValueError, match="floats"):
        Tensor(data, requires_grad=True)


# --- types of results -------------------------------------------------------------------------------------------------

F16, F32, F64, I32, I64, U8, B = (np.dtype(x) for x in ("f2", "f4", "f8", "i4", "i8", "u1", "?"))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (F32, 2.5, F32), (F32, 2, F32), (F32, True, F32), (F32, np.float64(2.5), F32), (F32, 1e300, F32),
        (I64, 2, I64), (I32, 2, I32), (U8, 2, U8), (U8, 300, I64),
        (I64, 0.5, F32), (I32, 0.5, F32), (B, 2, I64), (B, 0.5, F32),
        (F16, 2.5, F16), (F64, 2.5, F64), (F64, 1, F64),
        (F32, I64, F32), (I64, F32, F32), (I32, I64, I64), (B, F32, F32), (F16, F32, F32),
        (F64, F32, F64), (F64, I64, F64), (F64, B, F64),
    ],
)  # fmt: skip
def test_type_of_a_sum(left, right, expected) -> None:
    a = Tensor(np.ones(2, left), dtype=left)
    b = Tensor(np.ones(2, right), dtype=right) if isinstance(right, np.dtype) else right
    assert (a + b).dtype == expected
    assert (b + a).dtype == expected


def test_a_float64_array_does_not_make_float64() -> None:
    wide = np.array([0.1, 0.2])
    assert (Tensor([1.0, 2.0]) + wide).dtype == np.float32
    assert (wide * Tensor([1, 2])).dtype == np.float32
    assert apply("add", wide, wide).dtype == np.float32
    exact = Tensor(wide, dtype=np.float64) + wide  # beside a float64 Tensor it keeps its digits
    np.testing.assert_array_equal(exact.data, wide + wide)


@pytest.mark.parametrize("op", ["exp", "log", "sqrt", "tanh", "mean", "var"])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int32])
def test_float_functions_of_integers_give_float32(op, dtype) -> None:
    assert getattr(Tensor(np.array([1, 2], dtype)), op)().dtype == np.float32


def test_integers_stay_integers() -> None:
    n = Tensor([[3, -1], [0, 2]])
    for result in (
        n + n,
        n - 1,
        2 * n,
        -n,
        n**2,
        n @ n,
        n.sum(),
        n.max(axis=0),
        n.min(),
        n.abs(),
        n.clip(0, 2),
        n.T,
        n[0],
        n.argmax(),
    ):
        assert result.dtype == np.int64
    assert (n / n.T).dtype == (7 // Tensor(2).item() / n).dtype == np.float32
    assert Tensor([True, True]).sum().item() == 2


# --- arithmetic -------------------------------------------------------------------------------------------------------


def test_operators_on_both_sides() -> None:
    t, array = Tensor([1.0, 2.0, 4.0]), np.array([8.0, 4.0, 2.0])
    for other in (2.0, 2, np.float64(2.0), np.float32(2.0), array, Tensor(array), array.tolist()):
        value = other.data if isinstance(other, Tensor) else np.asarray(other)
        for result, expected in (
            (t + other, t.data + value), (other + t, value + t.data),
            (t - other, t.data - value), (other - t, value - t.data),
            (t * other, t.data * value), (other * t, value * t.data),
            (t / other, t.data / value), (other / t, value / t.data),
            (t**other, t.data**value), (other**t, value**t.data),
        ):  # fmt: skip
            assert isinstance(result, Tensor)
            np.testing.assert_allclose(result.data, expected, rtol=1e-6)
    assert (array @ t).item() == (t @ array).item() == 24
    assert abs(-t).tolist() == [1, 2, 4]


def test_extreme_values_are_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Tensor([0.0, -1.0]).log().tolist()[0] == -math.inf
        assert math.isnan(Tensor(-1.0).sqrt().item())
        assert Tensor([1000.0]).exp().item() == math.inf
        assert (Tensor([1.0]) / 0).item() == (1 / Tensor(0)).item() == (Tensor(0.0) ** -1).item() == math.inf
        assert (Tensor([3e38]) * 10).item() == (Tensor([1.0]) * 1e300).item() == Tensor([1e300]).item() == math.inf
        assert (Tensor([1.0]) + np.array([1e300])).item() == (Tensor(10) ** 300.0).item() == math.inf
        assert math.isnan(Tensor([]).mean().item()) and math.isnan(Tensor([]).var().item())
        assert Tensor([]).sum().item() == 0
        assert (Tensor([1.0]) < 1e300).tolist() == [True]


def test_exponents_may_not_require_gradients_except_of_a_number() -> None:
    t, exponent = Tensor([1.0, 2.0]), Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="exponent"):
        t**exponent
    with pytest.raises(ValueError, match="exponent"):
        t.data**exponent
    assert (2**exponent).tolist() == [2, 4]
    assert (exponent**2).tolist() == [1, 4]


@pytest.mark.parametrize("other", ["a", None, object(), 1j, ["a"]])
def test_arithmetic_with_what_is_no_number_is_a_type_error(other) -> None:
    with pytest.raises(TypeError):
        Tensor([1.0]) + other
    with pytest.raises(TypeError):
        other - Tensor([1.0])


def test_shapes_that_do_not_broadcast_are_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"\(2,\) \(3,\)"):
        Tensor([1.0, 2.0]) * Tensor([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (2, 3)), ((3,), (2,)), ((), (2,)), ((2, 2), ()), ((2, 2, 3), (3, 3, 2)), ((0,), (2,))]
)
def test_matmul_of_shapes_that_do_not_fit_names_both(a, b) -> None:
    with pytest.raises(ValueError, match="matmul") as caught:
        lib.zeros(a) @ lib.zeros(b)
    assert str(a) in str(caught.value) and str(b) in str(caught.value)


# --- properties -------------------------------------------------------------------------------------------------------

shapes = st.lists(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3), max_size=4)
eighths = st.integers(-800, 800).map(lambda n: n / 8)  # sums of these are exact in float32
arrays = hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=4, max_side=4), elements=eighths)


@same_every_time
@given(shapes)
def test_broadcast_shapes_is_numpys(shapes) -> None:
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(ValueError, match="broadcast"):
            lib.broadcast_shapes(*shapes)
    else:
        assert lib.broadcast_shapes(*shapes) == expected


@same_every_time
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=4, max_side=4))
def test_broadcast_shapes_is_associative_and_commutative(found) -> None:
    a, b, c = found.input_shapes
    assert lib.broadcast_shapes(a, b, c) == found.result_shape
    assert lib.broadcast_shapes(lib.broadcast_shapes(a, b), c) == lib.broadcast_shapes(a, lib.broadcast_shapes(c, b))


@same_every_time
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4), st.data())
def test_each_element_comes_from_where_broadcasting_says(found, data) -> None:
    a, b = (data.draw(hnp.arrays(np.float32, shape, elements=eighths)) for shape in found.input_shapes)
    result = Tensor(a) - Tensor(b)
    assert result.shape == lib.broadcast_shapes(a.shape, b.shape)
    for place in np.ndindex(result.shape):
        x, y = (array[tuple(0 if length == 1 else i for i, length in _aligned(place, array.shape))] for array in (a, b))
        assert result.data[place] == x - y


def _aligned(place: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Place and length of each axis of `shape`, aligned on the right."""
    pairs = list(zip_longest(reversed(place), reversed(shape)))
    return [(i, length) for i, length in reversed(pairs) if length is not None]


def _axes(data: st.DataObject, ndim: int) -> tuple[int, ...]:
    return tuple(data.draw(st.lists(st.integers(0, ndim - 1), unique=True, min_size=1), label="axes"))


@same_every_time
@given(arrays, st.data())
def test_reductions_agree_with_a_loop(array, data) -> None:
    axes = _axes(data, array.ndim)
    keepdims = data.draw(st.booleans(), label="keepdims")
    t = Tensor(array)
    signed = tuple(axis - array.ndim if data.draw(st.booleans()) else axis for axis in axes)
    results = {op: getattr(t, op)(axis=signed, keepdims=keepdims) for op in ("sum", "mean", "var", "max", "min")}
    kept = tuple(1 if i in axes else n for i, n in enumerate(array.shape))
    shape = kept if keepdims else tuple(n for i, n in enumerate(array.shape) if i not in axes)
    assert all(result.shape == shape for result in results.values())
    for place in np.ndindex(kept):
        values = [float(v) for v in array[tuple(slice(None) if i in axes else p for i, p in enumerate(place))].ravel()]
        mean = math.fsum(values) / len(values)
        expected = {
            "sum": math.fsum(values),
            "mean": mean,
            "var": math.fsum((v - mean) ** 2 for v in values) / len(values),
            "max": max(values),
            "min": min(values),
        }
        for op, value in expected.items():
            found = results[op].data.reshape(kept)[place]
            assert found == pytest.approx(value, rel=1e-5, abs=1e-3 if op == "var" else 1e-5), op


@same_every_time
@given(arrays, st.data())
def test_reducing_along_two_axes_is_reducing_twice(array, data) -> None:
    axes = sorted(_axes(data, array.ndim))
    t = once = Tensor(array)
    for axis in reversed(axes):
        once = once.sum(axis=axis)
    np.testing.assert_array_equal(t.sum(axis=tuple(axes)).data, once.data)
    assert (t - t.mean(axis=tuple(axes), keepdims=True)).shape == t.shape


@same_every_time
@given(arrays, st.data())
def test_permuting_there_and_back_changes_nothing(array, data) -> None:
    axes = data.draw(st.permutations(range(array.ndim)))
    back = np.argsort(axes).tolist()
    t = Tensor(array)
    np.testing.assert_array_equal(t.permute(*axes).permute(back).data, array)
    np.testing.assert_array_equal(t.reshape(-1).reshape(array.shape).data, array)


@same_every_time
@given(arrays, st.data())
def test_indexing_is_numpys(array, data) -> None:
    index = data.draw(hnp.basic_indices(array.shape, allow_newaxis=True))
    np.testing.assert_array_equal(Tensor(array)[index].data, array[index])


# --- reductions and shapes --------------------------------------------------------------------------------------------


def test_variance_is_the_population_variance() -> None:
    assert Tensor([1.0, 3.0]).var().item() == 1.0
    assert Tensor(10000 + np.arange(4.0)).var().item() == 1.25


def test_argmax_gives_the_first_of_equals() -> None:
    t = Tensor([[1.0, 7.0, 7.0], [9.0, 0.0, 9.0]])
    assert (
        t.argmax().item() == 3
        and t.argmax(axis=-1).tolist() == [1, 0]
        and t.argmax(axis=0, keepdims=True).shape == (1, 3)
    )


@pytest.mark.parametrize("call", [lambda t: t.max(), lambda t: t.min(axis=0), lambda t: t.argmax()])
def test_the_largest_of_nothing_is_a_value_error(call) -> None:
    with pytest.raises(ValueError, match=r"."):
        call(lib.zeros(0, 3))


def test_an_axis_that_does_not_exist_is_a_value_error() -> None:
    t = lib.zeros(2, 3)
    for call in (t.sum, t.mean, t.max, t.min, t.var, t.argmax):
        with pytest.raises((ValueError, IndexError)):
            call(axis=2)


def test_shapes_and_axes_can_be_given_as_one_tuple() -> None:
    t = lib.arange(24)
    assert t.reshape(2, 3, 4).shape == t.reshape((2, 3, 4)).shape == t.reshape([2, 3, 4]).shape == (2, 3, 4)
    t = t.reshape(2, 3, 4)
    assert t.permute(2, 0, 1).shape == t.permute((2, 0, 1)).shape == (4, 2, 3)
    assert t.transpose(0, -1).shape == t.T.shape == (4, 3, 2)
    assert Tensor(1.0).reshape(()).shape == Tensor([1.0]).reshape(()).shape == Tensor(1.0).T.shape == ()
    assert (t.flatten().shape, t.flatten(1).shape, t.flatten(0, 1).shape, t.flatten(1, -2).shape) == (
        (24,),
        (2, 12),
        (6, 4),
        (2, 3, 4),
    )
    assert Tensor(1.0).flatten().shape == (1,) and lib.zeros(2, 0, 3).flatten(1).shape == (2, 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.reshape(5), lambda t: t.reshape(-1, -1), lambda t: t.reshape(-2, 3), lambda t: t.reshape(4, -1),
        lambda t: t.permute(0), lambda t: t.permute(0, 0), lambda t: t.permute(0, 2), lambda t: t.flatten(1, 0),
        lambda t: t.transpose(0, 2), lambda t: t.flatten(2),
    ],
)  # fmt: skip
def test_impossible_shapes_are_errors(call) -> None:
    with pytest.raises((ValueError, IndexError)):
        call(lib.zeros(2, 3))


# --- indexing ---------------------------------------------------------------------------------------------------------


def test_tensors_are_indices() -> None:
    t = Tensor(np.arange(12.0).reshape(3, 4))
    rows, columns = Tensor([2, 0]), Tensor([1, 3])
    assert t[rows].tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert t[rows, columns].tolist() == [9, 3]
    assert t[Tensor(1)].tolist() == [4, 5, 6, 7]
    assert t[Tensor([True, False, False])].shape == (1, 4)
    assert t[t > 9].tolist() == [10, 11]
    assert t[..., None, Tensor([0])].shape == (3, 1, 1)


def test_an_index_out_of_range_is_an_index_error() -> None:
    for index in (3, -4, (0, 4), [5]):
        with pytest.raises(IndexError):
            lib.zeros(3, 4)[index]
    with pytest.raises(IndexError):
        lib.zeros(3)[Tensor([0.0])]


# --- objects ----------------------------------------------------------------------------------------------------------


def test_comparisons_are_elementwise_boolean_arrays() -> None:
    a, b = Tensor([1.0, 2.0, 3.0]), Tensor([3.0, 2.0, 1.0])
    expected = {
        "__eq__": [0, 1, 0],
        "__ne__": [1, 0, 1],
        "__lt__": [1, 0, 0],
        "__le__": [1, 1, 0],
        "__gt__": [0, 0, 1],
        "__ge__": [0, 1, 1],
    }
    for name, values in expected.items():
        for other in (b, b.data, b.tolist()):
            result = getattr(a, name)(other)
            assert type(result) is np.ndarray and result.dtype == np.bool_ and result.tolist() == values
    assert (a == 2).tolist() == [False, True, False]
    assert (2 < a).tolist() == [False, False, True]  # noqa: SIM300 (a number on the left is the point)
    assert (np.array([1.0, 0.0, 3.0]) == a).tolist() == [True, False, True]
    assert (np.array([0.0, 5.0, 0.0]) > a).tolist() == [False, True, False]
    assert (Tensor([0.1]) == 0.1).all() and (Tensor([0.1]) == np.array([0.1])).all()
    assert type(Tensor(1.0) == 1) is np.ndarray
    with pytest.raises(ValueError, match="broadcast"):
        _ = a == Tensor([1.0, 2.0])


def test_comparison_with_what_is_no_operand_is_identity() -> None:
    t = Tensor([1.0])
    assert (t == None) is False and (t != None) is True and (t == "a") is False  # noqa: E711
    with pytest.raises(TypeError):
        _ = t < None


def test_hash_is_identity() -> None:
    a, b = Tensor([1.0]), Tensor([1.0])
    table = {a: "a", b: "b"}
    assert table[a] == "a" and table[b] == "b" and len({a, b, a}) == 2


def test_conversions() -> None:
    assert bool(Tensor(2.0)) and not bool(Tensor([[0]])) and float(Tensor([1.5])) == 1.5 and int(Tensor(2.9)) == 2
    assert Tensor([[2.5]]).item() == 2.5 and type(Tensor(2).item()) is int
    assert [10, 20, 30][Tensor(1)] == 20
    assert Tensor([[1, 2]]).tolist() == [[1, 2]]
    for call in (bool, float, int, Tensor.item):
        for size in (0, 2):
            with pytest.raises(ValueError, match="one element"):
                call(lib.zeros(size))
    with pytest.raises(TypeError, match="integer"):
        [1, 2][Tensor(1.0)]  # type: ignore[call-overload]


def test_length_and_iteration() -> None:
    t = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert len(t) == 3
    rows = list(t)
    assert all(isinstance(row, Tensor) for row in rows) and [row.tolist() for row in rows] == t.tolist()
    a, b, c = t.sum(axis=1)
    assert (a.item(), b.item(), c.item()) == (3, 7, 11)
    assert 4.0 in t and 7.0 not in t
    for call in (len, iter):
        with pytest.raises(TypeError, match="0-d"):
            call(Tensor(1.0))


def test_numpy_reads_a_tensor() -> None:
    t = Tensor([1.0, 2.0])
    assert np.asarray(t) is t.data
    copied = np.array(t)
    copied[0] = 9
    assert t.tolist() == [1, 2]
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    np.testing.assert_array_equal(t, [1, 2])


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (Tensor([[1.0, 2.0]]), "tensor([[1., 2.]])"),
        (Tensor(3.0), "tensor(3.)"),
        (Tensor(3), "tensor(3)"),
        (Tensor([True]), "tensor([ True])"),
        (Tensor([0.5], requires_grad=True), "tensor([0.5], requires_grad=True)"),
        (Tensor([1, 2], dtype=np.int32), "tensor([1, 2], dtype=int32)"),
        (Tensor([0.1], dtype=np.float64), "tensor([0.1], dtype=float64)"),
        (Tensor([1 / 3]), "tensor([0.3333])"),
        (Tensor([]), "tensor([])"),
        (Tensor(np.zeros((0, 3))), "tensor([], size=(0, 3))"),
        (Tensor([[1.0], [2.0]]), "tensor([[1.],\n        [2.]])"),
    ],
)
def test_repr(tensor, text) -> None:
    assert repr(tensor) == str(tensor) == text


def test_zero_grad_and_backward_without_an_engine() -> None:
    t = Tensor([1.0], requires_grad=True)
    t.grad = Tensor([2.0])
    t.zero_grad()
    assert t.grad is None
    with pytest.raises(RuntimeError, match="module 07"):
        t.backward()


# --- creation and chance ----------------------------------------------------------------------------------------------


def test_creation() -> None:
    assert lib.zeros(2, 3).tolist() == lib.zeros((2, 3)).tolist() == [[0.0] * 3] * 2
    assert lib.ones(2).tolist() == [1, 1] and lib.ones().shape == () and lib.ones(2, dtype=np.int64).dtype == np.int64
    assert (
        lib.full((2,), 3).dtype == np.int64
        and lib.full((1, 2), 1.5).tolist() == [[1.5, 1.5]]
        and lib.full((), 2.0).shape == ()
    )
    assert lib.arange(3).tolist() == [0, 1, 2] and lib.arange(3).dtype == np.int64
    assert (
        lib.arange(1, 2, 0.5).tolist() == [1, 1.5]
        and lib.arange(3.0).dtype == np.float32
        and lib.arange(5, 0, -2).tolist() == [5, 3, 1]
    )
    for tensor in (
        lib.zeros(2, requires_grad=True),
        lib.ones(2, requires_grad=True),
        lib.full((2,), 1.0, requires_grad=True),
    ):
        assert tensor.requires_grad and tensor.dtype == np.float32
    assert lib.randn(2, 3, requires_grad=True).requires_grad and lib.randn((4, 1)).shape == (4, 1)
    assert lib.zeros(2, dtype=np.float64).dtype == lib.randn(2, dtype=np.float64).dtype == np.float64


def test_one_generator() -> None:
    drawn = lib.generator()
    lib.manual_seed(7)
    first = lib.randn(3).tolist(), drawn.random()
    lib.manual_seed(7)
    assert (lib.randn(3).tolist(), lib.generator().random()) == first
    lib.manual_seed(8)
    assert lib.randn(3).tolist() != first[0]
    assert lib.generator() is drawn
    with pytest.raises(ValueError, match="non-negative"):
        lib.manual_seed(-1)
    values = lib.randn(100_000).data
    assert abs(values.mean()) < 0.02 and abs(values.std() - 1) < 0.02


def test_where_and_concatenate() -> None:
    t = Tensor([1.0, -2.0, 3.0])
    assert lib.where(t > 0, t, 0).tolist() == [1, 0, 3] and lib.where(t > 0, t, 0).dtype == np.float32
    assert lib.where(Tensor([[True], [False]]), t, -t).tolist() == [[1, -2, 3], [-1, 2, -3]]
    assert lib.where(np.array([True, False]), 1, 2).dtype == np.int64
    assert lib.concatenate([t, t[:1]]).tolist() == [1, -2, 3, 1]
    assert lib.concatenate((lib.zeros(2, 1), lib.ones(2, 2)), axis=1).shape == (2, 3)
    for wrong in ([], [lib.zeros(2, 1), lib.zeros(3, 2)]):
        with pytest.raises(ValueError, match="concatenat"):
            lib.concatenate(wrong)


# --- dispatch ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def loops() -> Iterator[str]:
    """A backend of its own, taken out again afterwards."""
    lib.register_kernel("exp", lambda array: array + 100, backend="loops-for-test")
    yield "loops-for-test"
    del lib.KERNELS["loops-for-test"]
    assert lib.current_backend() == "numpy"


def test_backends(loops) -> None:
    t = Tensor([1.0])
    with lib.use_backend(loops):
        assert lib.current_backend() == loops
        assert t.exp().item() == 101 and (t + 1).item() == 2
        with lib.use_backend("numpy"):
            assert t.exp().item() == pytest.approx(math.e)
        assert lib.current_backend() == loops
    assert lib.current_backend() == "numpy" and t.exp().item() == pytest.approx(math.e)
    lib.use_backend(loops)
    assert t.exp().item() == 101
    lib.use_backend("numpy")
    with pytest.raises(ZeroDivisionError), lib.use_backend(loops):
        raise ZeroDivisionError
    assert lib.current_backend() == "numpy"


def test_unknown_backends_and_operations(loops) -> None:
    with pytest.raises(ValueError, match=r"'cuda'.*loops-for-test, numpy"):
        lib.use_backend("cuda")
    assert lib.current_backend() == "numpy"
    with pytest.raises(ValueError, match=r"'convolve'.*add, sub, .*getitem"):
        apply("convolve", Tensor([1.0]))


def test_the_recorder_hears_every_operation(engine) -> None:
    t = Tensor([[1.0, 2.0]], requires_grad=True)
    result = t * 2.5
    output, op, inputs, arrays, attributes = engine.pop()
    assert output is result and op == "mul" and inputs == (t, 2.5) and inputs[0] is t and attributes == {}
    assert arrays[0] is t.data and arrays[1].dtype == np.float32 and arrays[1].shape == ()
    assert result.requires_grad is False
    t.sum(axis=1, keepdims=True)
    assert engine.pop()[4] == {"axis": 1, "keepdims": True}
    lib.concatenate([t, t, t], axis=-1)
    assert len(engine.pop()[2]) == 3
    t.backward("gradient")
    assert engine.pop() == (t, "gradient")
    assert not engine


METHODS: list[Callable[[Tensor], object]] = [
    lambda t: t + 1, lambda t: 1 + t, lambda t: t - 1, lambda t: 1 - t, lambda t: t * 2, lambda t: 2 * t,
    lambda t: t / 2, lambda t: 2 / t, lambda t: t**2, lambda t: 2**t, lambda t: -t, lambda t: t @ t,
    lambda t: t.data @ t, lambda t: t.exp(), lambda t: t.log(), lambda t: t.sqrt(), lambda t: t.tanh(), abs,
    lambda t: t.abs(), lambda t: t.clip(0, 1), lambda t: t.sum(), lambda t: t.mean(), lambda t: t.var(),
    lambda t: t.max(), lambda t: t.min(), lambda t: t.argmax(), lambda t: t.reshape(4),
    lambda t: t.transpose(0, 1), lambda t: t.permute(1, 0), lambda t: t.T, lambda t: t.flatten(), lambda t: t[0],
    lambda t: lib.where(t > 1, t, 0), lambda t: lib.concatenate([t, t]),
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_operation_is_one_call_of_apply(method, engine) -> None:
    result = method(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert isinstance(result, Tensor)
    assert len(engine) == 1 and engine[0][0] is result
