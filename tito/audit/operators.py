"""The small faults: for a node of a solution's syntax tree, what a slip might have put in its place.

Every operator takes a node and yields `(name, replacement)`. A replacement is built from the original's own
children, so that their text can be kept. None stands for a dropped statement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tito.audit.tables import (
    ARITHMETIC,
    BUILTIN_TWINS,
    BUILTINS,
    COMMUTATIVE,
    COMPARISON,
    DTYPES,
    LIMITS,
    METHODS,
    MODULES,
    NOT_SWAPPED,
    NUMPY_FUNCTIONS,
    ORDERED,
    TWINS,
)

__all__ = ["replacements"]

Fault = tuple[str, ast.AST | None]


def replacements(node: ast.AST, droppable: bool = True) -> Iterator[Fault]:
    """All small faults in place of `node`. Dropping a statement that is not `droppable` repeats another."""
    if isinstance(node, ast.stmt) and droppable:
        yield from _dropped(node)
    for kind, operators in OPERATORS.items():
        if isinstance(node, kind):
            for operator in operators:
                yield from operator(node)


def _dropped(node: ast.stmt) -> Iterator[Fault]:
    kept = (ast.Pass, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if not isinstance(node, kept) and not text:
        yield "statement", None


def _arithmetic(node: ast.BinOp) -> Iterator[Fault]:
    operator = ARITHMETIC[type(node.op)]()
    yield f"arithmetic:{_sign(operator)}", ast.BinOp(node.left, operator, node.right)
    if isinstance(node.op, ORDERED) and ast.dump(node.left) != ast.dump(node.right):
        yield "swapped-operands", ast.BinOp(node.right, node.op, node.left)
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
        yield "left-only", node.left
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        yield "right-only", node.right


def _augmented(node: ast.AugAssign) -> Iterator[Fault]:
    operator = ARITHMETIC[type(node.op)]()
    yield f"arithmetic:{_sign(operator)}=", ast.AugAssign(node.target, operator, node.value)
    yield "arithmetic:=", ast.Assign([node.target], node.value, lineno=node.lineno)


def _comparison(node: ast.Compare) -> Iterator[Fault]:
    for index, operator in enumerate(node.ops):
        for twin in COMPARISON[type(operator)]:
            changed = [*node.ops[:index], twin(), *node.ops[index + 1 :]]
            yield f"comparison:{_sign(twin())}", ast.Compare(node.left, changed, node.comparators)


def _logic(node: ast.BoolOp) -> Iterator[Fault]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield f"logic:{_sign(other)}", ast.BoolOp(other, node.values)
    for index in range(len(node.values)):
        rest = node.values[:index] + node.values[index + 1 :]
        yield f"logic:without-{index + 1}", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _unary(node: ast.UnaryOp) -> Iterator[Fault]:
    literal = _literal(node)
    if literal is not None:
        yield from _numbers(literal)
    name = "logic:no-not" if isinstance(node.op, ast.Not) else "sign"
    if not isinstance(node.op, ast.UAdd):
        yield name, node.operand


def _condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[Fault]:
    """The branches swapped: the test negated, unless another operator does just that."""
    if isinstance(node, ast.IfExp):
        yield "swapped-branches", ast.IfExp(node.test, node.orelse, node.body)


def negated(test: ast.expr) -> Iterator[Fault]:
    """The opposite of a condition, unless the comparison or the `not` in it is turned round anyway."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return
    if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield "condition:not", ast.UnaryOp(ast.Not(), test)


def _constant(node: ast.Constant) -> Iterator[Fault]:
    value = node.value
    if isinstance(value, bool):
        yield f"constant:{not value}", ast.Constant(not value)
    elif value is None:
        yield "constant:0", ast.Constant(0)
    elif isinstance(value, int | float):
        yield from _numbers(value)
    elif isinstance(value, str) and value in DTYPES:
        yield f"dtype:{DTYPES[value]}", ast.Constant(DTYPES[value])


def _numbers(value: float) -> Iterator[Fault]:
    for other in _neighbours(value):
        negative = other < 0
        literal: ast.expr = ast.Constant(abs(other))
        yield f"constant:{other!r}", ast.UnaryOp(ast.USub(), literal) if negative else literal


def _neighbours(value: float) -> tuple[float, ...]:
    if isinstance(value, int):
        return (value + 1, value - 1)
    if value == 0:
        return (1.0,)
    if value.is_integer() and abs(value) < 1e4:
        return (value + 1.0, value - 1.0)
    if abs(value) < 1e-4:
        return (float(f"{value * 10:.6g}"),)
    return (float(f"{value * 1.1:.6g}"),)


def _return(node: ast.Return) -> Iterator[Fault]:
    value = node.value
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return
    yield "return:None", ast.Return(ast.Constant(None))
    if isinstance(value, ast.BinOp | ast.Call | ast.Name | ast.Attribute | ast.Subscript):
        yield "return:negative", ast.Return(ast.UnaryOp(ast.USub(), value))
    elif isinstance(value, ast.Compare | ast.BoolOp):
        yield "return:not", ast.Return(ast.UnaryOp(ast.Not(), value))


def _raise(node: ast.Raise) -> Iterator[Fault]:
    raised = node.exc
    name = raised.func if isinstance(raised, ast.Call) else raised
    if isinstance(name, ast.Name):
        other = ast.Name("TypeError" if name.id == "ValueError" else "ValueError", ast.Load())
        changed = ast.Call(other, raised.args, raised.keywords) if isinstance(raised, ast.Call) else other
        yield f"exception:{other.id}", ast.Raise(changed, node.cause)


def _call(node: ast.Call) -> Iterator[Fault]:
    name = _called(node)
    if name not in COMMUTATIVE | NOT_SWAPPED:
        for index in range(len(node.args) - 1):
            first, second = node.args[index : index + 2]
            if ast.dump(first) != ast.dump(second):
                args = [*node.args[:index], second, first, *node.args[index + 2 :]]
                yield f"swapped-arguments:{index + 1}", ast.Call(node.func, args, node.keywords)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            rest = node.keywords[:index] + node.keywords[index + 1 :]
            yield f"no-keyword:{keyword.arg}", ast.Call(node.func, node.args, rest)
    if name == "range":
        yield from _range(node)


def _call_removed(node: ast.Call) -> Iterator[Fault]:
    """`x.copy()` or `np.exp(x)` without the call: just `x`."""
    function = node.func
    if isinstance(function, ast.Attribute):
        in_module = isinstance(function.value, ast.Name) and function.value.id in MODULES
        if not in_module and function.attr in METHODS:
            yield f"no-call:{function.attr}", function.value
        elif in_module and function.attr in NUMPY_FUNCTIONS and node.args:
            yield f"no-call:{function.attr}", node.args[0]
    elif isinstance(function, ast.Name) and function.id in BUILTINS and len(node.args) == 1:
        yield f"no-call:{function.id}", node.args[0]
    if _called(node) in LIMITS and len(node.args) == 2:
        yield f"no-call:{_called(node)}:first", node.args[0]
        yield f"no-call:{_called(node)}:second", node.args[1]


def _twin(node: ast.Call) -> Iterator[Fault]:
    """A related function in the called one's place: `min` for `max`."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in TWINS:
        twin = TWINS[function.attr]
        called: ast.expr = ast.Attribute(function.value, twin, ast.Load())
    elif isinstance(function, ast.Name) and function.id in BUILTIN_TWINS:
        twin = BUILTIN_TWINS[function.id]
        called = ast.Name(twin, ast.Load())
    else:
        return
    yield f"function:{twin}", ast.Call(called, node.args, node.keywords)


def _attribute(node: ast.Attribute) -> Iterator[Fault]:
    if node.attr in DTYPES:
        yield f"dtype:{DTYPES[node.attr]}", ast.Attribute(node.value, DTYPES[node.attr], node.ctx)
    elif node.attr == "T":
        yield "no-transpose", node.value


def _range(node: ast.Call) -> Iterator[Fault]:
    if len(node.args) == 1:
        stop = node.args[0]
        yield "range:start", ast.Call(node.func, [ast.Constant(1), stop], [])
        if _literal(stop) is None:
            yield "range:shorter", ast.Call(node.func, [_moved(stop, ast.Sub())], [])
            yield "range:longer", ast.Call(node.func, [_moved(stop, ast.Add())], [])
        return
    for index, bound in enumerate(node.args[:2]):
        if _literal(bound) is None:
            for name, operator in (("less", ast.Sub()), ("more", ast.Add())):
                args = [*node.args[:index], _moved(bound, operator), *node.args[index + 1 :]]
                yield f"range:{('start', 'stop')[index]}-{name}", ast.Call(node.func, args, [])


def _slice(node: ast.Slice) -> Iterator[Fault]:
    lower, upper, step = node.lower, node.upper, node.step
    if lower is None and upper is None:
        return
    if lower is None:
        yield "slice:start", ast.Slice(ast.Constant(1), upper, step)
    elif _literal(lower) is None:
        yield "slice:start", ast.Slice(_moved(lower, ast.Add()), upper, step)
    if upper is None:
        yield "slice:stop", ast.Slice(lower, ast.UnaryOp(ast.USub(), ast.Constant(1)), step)
    elif _literal(upper) is None:
        yield "slice:stop", ast.Slice(lower, _moved(upper, ast.Sub()), step)


def _index(node: ast.Subscript) -> Iterator[Fault]:
    """The element before the one that is meant; an index written as a number has faults of its own."""
    if isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Name | ast.Attribute | ast.BinOp):
        yield "index", ast.Subscript(node.value, _moved(node.slice, ast.Sub()), node.ctx)


def _display(node: ast.Tuple | ast.List) -> Iterator[Fault]:
    """Two neighbours of a short tuple or list exchanged."""
    if not isinstance(node.ctx, ast.Load) or not 2 <= len(node.elts) <= 3:
        return
    for index in range(len(node.elts) - 1):
        first, second = node.elts[index : index + 2]
        if ast.dump(first) != ast.dump(second):
            elements = [*node.elts[:index], second, first, *node.elts[index + 2 :]]
            yield f"swapped-elements:{index + 1}", type(node)(elements, node.ctx)


def _dict(node: ast.Dict) -> Iterator[Fault]:
    for index in range(len(node.keys)):
        keys, values = node.keys[:], node.values[:]
        del keys[index], values[index]
        yield f"no-entry:{index + 1}", ast.Dict(keys, values)


def shortened(iterable: ast.expr) -> Iterator[Fault]:
    """What a loop runs over, without its first element, or that one alone. A range has faults of its own."""
    if isinstance(iterable, ast.Call) and _called(iterable) == "range":
        return
    everything = ast.Call(ast.Name("list", ast.Load()), [iterable], [])
    one = ast.Constant(1)
    yield "loop:first-only", ast.Subscript(everything, ast.Slice(None, one, None), ast.Load())
    yield "loop:not-first", ast.Subscript(everything, ast.Slice(one, None, None), ast.Load())


def _moved(bound: ast.expr, operator: ast.operator) -> ast.BinOp:
    return ast.BinOp(bound, operator, ast.Constant(1))


def _literal(node: ast.expr) -> float | None:
    """The value of a number as written, with its sign; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _literal(node.operand) if isinstance(node.operand, ast.Constant) else None
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _sign(operator: ast.operator | ast.cmpop | ast.boolop) -> str:
    """`+` for ast.Add(), as the unparser writes it."""
    a, b = ast.Name("a", ast.Load()), ast.Name("b", ast.Load())
    whole: ast.expr
    if isinstance(operator, ast.operator):
        whole = ast.BinOp(a, operator, b)
    elif isinstance(operator, ast.cmpop):
        whole = ast.Compare(a, [operator], [b])
    else:
        whole = ast.BoolOp(operator, [a, b])
    return ast.unparse(whole)[1:-1].strip().replace(" ", "-")


OPERATORS: dict[type[ast.AST], tuple[Callable[..., Iterator[Fault]], ...]] = {
    ast.BinOp: (_arithmetic,),
    ast.AugAssign: (_augmented,),
    ast.Compare: (_comparison,),
    ast.BoolOp: (_logic,),
    ast.UnaryOp: (_unary,),
    ast.IfExp: (_condition,),
    ast.Constant: (_constant,),
    ast.Return: (_return,),
    ast.Raise: (_raise,),
    ast.Call: (_call, _call_removed, _twin),
    ast.Attribute: (_attribute,),
    ast.Slice: (_slice,),
    ast.Subscript: (_index,),
    ast.Tuple: (_display,),
    ast.List: (_display,),
    ast.Dict: (_dict,),
}
