"""What may stand in for what: operators, functions and types that a slip confuses."""

from __future__ import annotations

import ast

__all__ = [
    "ARITHMETIC",
    "BUILTINS",
    "BUILTIN_TWINS",
    "COMMUTATIVE",
    "COMPARISON",
    "DTYPES",
    "LIMITS",
    "METHODS",
    "MODULES",
    "NOT_SWAPPED",
    "NUMPY_FUNCTIONS",
    "ORDERED",
    "TWINS",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
COMPARISON: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_PAIRS = (
    "max min, sum mean, argmax argmin, maximum minimum, zeros ones, zeros_like ones_like, any all, "
    "floor ceil, sin cos, var std, add subtract, multiply divide, logical_and logical_or, isnan isinf, "
    "greater greater_equal, less less_equal, nanmax nanmin, cumsum cumprod"
)
TWINS = {a: b for pair in _PAIRS.split(", ") for a, b in (pair.split(), pair.split()[::-1])}
TWINS |= {"prod": "sum", "median": "mean", "log": "log1p", "exp": "expm1", "sqrt": "square", "tanh": "sinh"}
TWINS |= {"perf_counter": "process_time", "matmul": "multiply", "isfinite": "isnan", "empty": "ones"}
"""Functions and methods of a module or an array."""

BUILTIN_TWINS = {"max": "min", "min": "max", "any": "all", "all": "any", "sorted": "list"}
DTYPES = {"float32": "float64", "float64": "float32", "int32": "int64", "int64": "int32"}

COMMUTATIVE = _words(
    "maximum minimum fmax fmin add multiply logical_and logical_or logical_xor max min allclose isclose "
    "array_equal broadcast_shapes gcd lcm hypot print"
)
"""Functions whose arguments may be swapped without any effect."""

NOT_SWAPPED = _words("isinstance issubclass hasattr getattr setattr super")
"""Functions where swapped arguments fail at once: nothing to learn."""

METHODS = _words("copy astype reshape transpose swapaxes sum mean max min clip squeeze ravel flatten item tolist")
NUMPY_FUNCTIONS = _words(
    "array asarray ascontiguousarray copy exp log sqrt abs tanh square negative sum mean max min clip "
    "squeeze transpose reshape expand_dims broadcast_to atleast_1d sign swapaxes moveaxis var prod flip sort"
)
BUILTINS = _words("float int list tuple sorted abs sum max min reversed set round bool dict")
"""Calls that may be left out: what they are called on, or with, stays in their place."""

LIMITS = _words("max min maximum minimum fmax fmin")
"""With two arguments these bound one by the other; a slip leaves one out."""

MODULES = _words("np numpy math")
