"""Make 02_tensor.npz: what PyTorch computes for every operation of module 02, with gradients for module 07.

Run once, where torch is installed: `python tests/oracles/make_02_tensor.py`. The tests only call `read_cases`, which
needs numpy alone. Inputs are float32 (or integers, booleans); PyTorch computes in float64 on exactly these values, so
that its results are more exact than what is compared with them.

The file holds the arrays, and under "cases" a JSON text that says how they belong together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).with_name("02_tensor.npz")


@dataclass(frozen=True)
class Case:
    """One operation on given inputs, and what PyTorch says about it."""

    name: str
    op: str
    inputs: list[np.ndarray]
    attributes: dict[str, Any]
    output: np.ndarray
    upstream: np.ndarray | None
    """The gradient that arrives at the output; None where the operation has no gradient."""
    gradients: list[np.ndarray | None]
    """One for each input; None for integers and booleans. `pow` has one for the exponent too (for number ** tensor)."""


def read_cases(path: Path = PATH) -> list[Case]:
    """All cases of the file, in order."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    cases = []
    for record in json.loads(str(arrays["cases"])):
        name, attributes = record["name"], dict(record["attributes"])
        for key in ("axis", "shape", "axes"):
            if isinstance(attributes.get(key), list):
                attributes[key] = tuple(attributes[key])
        if "index" in attributes:
            attributes["index"] = _decode_index(attributes["index"])
        cases.append(
            Case(
                name,
                record["op"],
                [arrays[f"{name}/input{i}"] for i in range(record["inputs"])],
                attributes,
                arrays[f"{name}/output"],
                arrays.get(f"{name}/upstream"),
                [arrays.get(f"{name}/gradient{i}") for i in range(record["inputs"])],
            )
        )
    return cases


def _encode_index(index: Any) -> Any:
    """An index as JSON. The kind stands in front, since JSON knows no slice, tuple, array or Ellipsis."""
    if isinstance(index, tuple):
        return ["tuple", [_encode_index(part) for part in index]]
    if isinstance(index, slice):
        return ["slice", [index.start, index.stop, index.step]]
    if isinstance(index, np.ndarray):
        return ["array", index.tolist()]
    return ["ellipsis"] if index is Ellipsis else ["plain", index]


def _decode_index(code: list[Any]) -> Any:
    kind, *rest = code
    if kind == "tuple":
        return tuple(_decode_index(part) for part in rest[0])
    if kind == "slice":
        return slice(*rest[0])
    if kind == "array":
        return np.array(rest[0])
    return Ellipsis if kind == "ellipsis" else rest[0]


Request = tuple[str, str, list[np.ndarray], dict[str, Any]]
"""What to ask PyTorch: name, operation, inputs, attributes."""

SIGNED = np.array([[-2.0, -0.5, 0.0], [0.5, 1.0, 3.0]], dtype=np.float32)
TIES = np.array([[2.0, 2.0, 1.0], [1.0, 2.0, 1.0]], dtype=np.float32)


class Draw:
    """Random inputs."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def normal(self, *shape: int) -> np.ndarray:
        return self.random.standard_normal(shape).astype(np.float32)

    def positive(self, *shape: int) -> np.ndarray:
        return self.random.uniform(0.3, 3.0, shape).astype(np.float32)

    def mask(self, *shape: int) -> np.ndarray:
        return self.random.random(shape) < 0.5


def elementwise_requests(draw: Draw) -> Iterator[Request]:
    shapes = {
        "same": ((2, 3), (2, 3)),
        "row": ((4, 3), (3,)),
        "column": ((4, 1), (1, 5)),
        "scalar": ((2, 1, 3), ()),
        "scalars": ((), ()),
        "mixed": ((3, 1, 2), (2, 1, 4, 1)),
        "ones": ((1, 1), (1,)),
        "empty": ((0, 3), (1, 3)),
    }
    for op in ("add", "sub", "mul", "div", "pow"):
        for label, (a, b) in shapes.items():
            first = draw.positive(*a) if op == "pow" else draw.normal(*a)
            second = draw.positive(*b) if op == "div" else draw.normal(*b)
            yield f"{op}-{label}", op, [first, second], {}
    for exponent in (0, 1, 2, 3):
        yield f"pow-integer-exponent-{exponent}", "pow", [SIGNED, np.array(exponent)], {}
    for op in ("neg", "exp", "log", "sqrt", "tanh", "abs"):
        for label, shape in {"0d": (), "1d": (5,), "4d": (2, 1, 3, 2), "empty": (2, 0)}.items():
            x = draw.positive(*shape) if op in ("log", "sqrt") else draw.normal(*shape)
            yield f"{op}-{label}", op, [x], {}
    yield "abs-zero", "abs", [SIGNED], {}
    yield "tanh-far", "tanh", [np.array([-60.0, -9.0, 9.0, 60.0], dtype=np.float32)], {}
    for label, (low, high) in {
        "both": (-0.5, 1.0),
        "low": (0.5, None),
        "high": (None, 0.5),
        "none": (None, None),
    }.items():
        yield f"clip-{label}", "clip", [SIGNED], {"low": low, "high": high}
    for label, (c, a, b) in {
        "same": ((2, 3), (2, 3), (2, 3)),
        "broadcast": ((2, 1), (3,), (4, 1, 1)),
        "scalar": ((3,), (3,), ()),
    }.items():
        yield f"where-{label}", "where", [draw.mask(*c), draw.normal(*a), draw.normal(*b)], {}


def matmul_requests(draw: Draw) -> Iterator[Request]:
    for label, (a, b) in {
        "plain": ((2, 3), (3, 4)),
        "inner-one": ((4, 1), (1, 5)),
        "stack": ((5, 2, 3), (5, 3, 2)),
        "stacks-broadcast": ((2, 1, 4, 3), (5, 3, 2)),
        "matrix-stack": ((2, 3), (4, 3, 1)),
        "stack-matrix": ((4, 2, 3), (3, 2)),
        "vector-matrix": ((3,), (3, 4)),
        "matrix-vector": ((2, 3), (3,)),
        "vector-vector": ((4,), (4,)),
        "vector-stack": ((3,), (2, 5, 3, 4)),
        "stack-vector": ((2, 5, 4, 3), (3,)),
        "inner-empty": ((2, 0), (0, 3)),
    }.items():
        yield f"matmul-{label}", "matmul", [draw.normal(*a), draw.normal(*b)], {}


def reduction_requests(draw: Draw) -> Iterator[Request]:
    axes = {"all": None, "first": 0, "last": -1, "middle": 1, "two": (0, 2), "negative": (-1, -3), "every": (0, 1, 2)}
    for op in ("sum", "mean", "var", "max", "min"):
        for label, axis in axes.items():
            yield f"{op}-{label}-dropped", op, [draw.normal(2, 3, 4)], {"axis": axis, "keepdims": False}
            yield f"{op}-{label}-kept", op, [draw.normal(2, 3, 4)], {"axis": axis, "keepdims": True}
        yield f"{op}-0d", op, [draw.normal()], {}
        yield f"{op}-length-one", op, [draw.normal(3, 1, 2)], {"axis": 1}
    yield "sum-empty", "sum", [draw.normal(0, 3)], {"axis": 0}
    for op in ("max", "min"):
        for label, axis in {"all": None, "rows": 0, "columns": 1}.items():
            yield f"{op}-ties-{label}", op, [TIES], {"axis": axis}
    for label, axis in {"all": None, "first": 0, "last": -1}.items():
        yield f"argmax-{label}", "argmax", [draw.normal(2, 3, 4)], {"axis": axis}
    yield "argmax-kept", "argmax", [draw.normal(2, 3)], {"axis": 1, "keepdims": True}


def shape_requests(draw: Draw) -> Iterator[Request]:
    for label, (parts, axis) in {
        "first": (((2, 3), (1, 3), (4, 3)), 0),
        "last": (((2, 1, 3), (2, 1, 1)), -1),
        "empty": (((0, 2), (3, 2)), 0),
        "one": (((2, 2),), 1),
    }.items():
        yield f"concatenate-{label}", "concatenate", [draw.normal(*part) for part in parts], {"axis": axis}
    for label, (shape, new) in {
        "merge": ((2, 3, 4), (6, 4)),
        "split": ((12,), (2, 2, 3)),
        "open": ((2, 3, 4), (4, -1)),
        "to-0d": ((1, 1), ()),
        "from-0d": ((), (1, 1)),
        "empty": ((0, 4), (2, 0)),
    }.items():
        yield f"reshape-{label}", "reshape", [draw.normal(*shape)], {"shape": new}
    for label, (shape, order) in {
        "matrix": ((2, 3), (1, 0)),
        "cycle": ((2, 3, 4), (2, 0, 1)),
        "negative": ((2, 3, 4, 5), (0, -2, 1, -1)),
        "0d": ((), ()),
    }.items():
        yield f"transpose-{label}", "transpose", [draw.normal(*shape)], {"axes": order}
    for label, index in {
        "integer": 1,
        "negative": -1,
        "slice": slice(1, None),
        "steps": (slice(None, None, 2), slice(1, 3)),
        "none": (None, 2, None),
        "ellipsis": (Ellipsis, 0),
        "integers": np.array([2, 0, 2, 2]),
        "pairs": (np.array([0, 2, 0]), np.array([1, 1, 1])),
        "mask": draw.mask(4, 3, 2),
        "row-mask": np.array([True, False, False, True]),
        "mixed": (slice(None), np.array([1, 1]), 0),
    }.items():
        yield f"getitem-{label}", "getitem", [draw.normal(4, 3, 2)], {"index": index}


def requests(draw: Draw) -> Iterator[Request]:
    """All that PyTorch is asked."""
    for group in (elementwise_requests, matmul_requests, reduction_requests, shape_requests):
        yield from group(draw)


def make() -> None:
    """Ask PyTorch and write the file."""
    import torch  # type: ignore[import-not-found]

    def reduce(kind):
        def call(x, axis=None, keepdims=False):
            every = tuple(range(x.ndim))
            return kind(x, every if axis is None else axis, keepdims)

        return call

    functions = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "neg": torch.neg,
        "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "tanh": torch.tanh, "abs": torch.abs,
        "clip": lambda x, low, high: x.clone() if low is None and high is None else torch.clamp(x, low, high),
        "matmul": torch.matmul, "where": torch.where,
        "sum": reduce(lambda x, dim, keep: torch.sum(x, dim, keepdim=keep)),
        "mean": reduce(lambda x, dim, keep: torch.mean(x, dim, keepdim=keep)),
        "var": reduce(lambda x, dim, keep: torch.var(x, dim, correction=0, keepdim=keep)),
        "max": reduce(lambda x, dim, keep: torch.amax(x, dim, keepdim=keep)),
        "min": reduce(lambda x, dim, keep: torch.amin(x, dim, keepdim=keep)),
        "argmax": lambda x, axis=None, keepdims=False: torch.argmax(x, axis, keepdims),
        "concatenate": lambda *xs, axis: torch.cat(xs, axis),
        "reshape": lambda x, shape: x.reshape(shape),
        "transpose": lambda x, axes: x.permute(axes),
        "getitem": lambda x, index: x[index],
    }  # fmt: skip
    draw = Draw(20)
    arrays, records = {}, []
    for name, op, inputs, attributes in requests(draw):
        leaves = [torch.tensor(x.astype(np.float64) if x.dtype == np.float32 else x) for x in inputs]
        for leaf in leaves:
            leaf.requires_grad_(leaf.is_floating_point() and op != "argmax")
        output = functions[op](*leaves, **attributes)
        for i, x in enumerate(inputs):
            arrays[f"{name}/input{i}"] = x
        arrays[f"{name}/output"] = output.detach().numpy()
        if output.requires_grad:
            upstream = draw.normal(*output.shape)
            output.backward(torch.tensor(upstream.astype(np.float64)))
            arrays[f"{name}/upstream"] = upstream
            for i, leaf in enumerate(leaves):
                if leaf.requires_grad:
                    arrays[f"{name}/gradient{i}"] = leaf.grad.numpy()
        plain = {key: _encode_index(value) if key == "index" else value for key, value in attributes.items()}
        records.append({"name": name, "op": op, "inputs": len(inputs), "attributes": plain})
    np.savez_compressed(PATH, cases=np.array(json.dumps(records)), **arrays)
    print(f"{len(records)} cases in {PATH.name}")


if __name__ == "__main__":
    make()
