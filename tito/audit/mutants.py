"""Mutants of a solution cell: its text with one small fault in one of its holes."""

from __future__ import annotations

import ast
import difflib
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tito.audit.notebook import AuditCell
from tito.audit.operators import negated, replacements, shortened
from tito.errors import SourceError

__all__ = ["Mutant", "make_mutants"]


@dataclass(frozen=True)
class Mutant:
    """One fault. `line` and `column` count from 1 in the cell; `original` and `mutated` are what differs."""

    id: str
    cell: str
    line: int
    column: int
    operator: str
    source: str = field(repr=False)
    original: str = ""
    mutated: str = ""
    reach: tuple[int, int] = (0, 0)
    """First and last line of the statement that the fault is in, to ask whether a test executes it."""


def make_mutants(cell: AuditCell, path: Path | None = None) -> list[Mutant]:
    """Every small fault in the holes of `cell`, each giving a different program, in the order of the text.

    Raises:
        SourceError: the cell is not valid Python.
    """
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        raise SourceError(f"{path or 'source'}: cell {cell.id!r} does not parse: {error}") from None
    text = _Text(cell.source, tree)
    found: list[Mutant] = []
    seen = {ast.dump(tree)}
    for site in _sites(tree):
        line = getattr(site.node, "lineno", 0)
        last = getattr(site.node, "end_lineno", 0)
        if not any(line in region and last in region for region in cell.regions):
            continue
        for name, replacement in site.faults():
            changed = text.replace(site, replacement)
            if changed is not None and changed[1] not in seen:
                seen.add(changed[1])
                column, reach = text.column(site.node), _reach(site.statement)
                original, mutated = _difference(cell.source, changed[0])
                found.append(Mutant("", cell.id, line, column, name, changed[0], original, mutated, reach))
    found.sort(key=lambda mutant: (mutant.line, mutant.column))
    return _numbered(found)


def _numbered(found: list[Mutant]) -> list[Mutant]:
    """The mutants with their ids: place and operator, and a number where these are not enough."""
    used: Counter[str] = Counter()
    mutants = []
    for mutant in found:
        name = f"{mutant.cell}:{mutant.line}:{mutant.column}:{mutant.operator}"
        used[name] += 1
        mutants.append(replace(mutant, id=name if used[name] == 1 else f"{name}#{used[name]}"))
    return mutants


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, old and new."""
    old, new = before.split("\n"), after.split("\n")
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [block for block in blocks if block[0] != "equal"]
    gone = [line for _, start, stop, _, _ in changed for line in old[start:stop]]
    come = [line for _, _, _, start, stop in changed for line in new[start:stop]]
    return "\n".join(gone), "\n".join(come)


@dataclass(frozen=True)
class _Site:
    """A node and the place in its parent where it hangs."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    role: str
    """`condition`, `iterable`, `kept` (a statement not to be dropped), `size` (given to reshape) or nothing."""
    statement: ast.stmt | None
    """The innermost statement that the node belongs to."""

    def faults(self) -> Iterator[tuple[str, ast.AST | None]]:
        for fault in replacements(self.node, droppable=self.role != "kept"):
            if not (self.role == "size" and fault[0] == "constant:-2"):
                yield fault
        if self.role == "condition" and isinstance(self.node, ast.expr):
            yield from negated(self.node)
        elif self.role == "iterable" and isinstance(self.node, ast.expr):
            yield from shortened(self.node)

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _sites(parent: ast.AST, around: ast.stmt | None = None) -> Iterator[_Site]:
    """Every node whose value matters: no annotations, no error messages, no docstrings, no f-strings."""
    for name, value in ast.iter_fields(parent):
        if _is_silent(parent, name):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            if isinstance(parent, ast.Compare) and isinstance(child, ast.Constant) and child.value is None:
                continue  # `is None` has its opposite, and `is 0` is a mistake that Python points out
            statement = child if isinstance(child, ast.stmt) else around
            if isinstance(child, ast.expr | ast.stmt | ast.Slice):
                yield _Site(child, parent, name, index, _role(parent, name, child), statement)
            negative = isinstance(child, ast.UnaryOp) and isinstance(child.operand, ast.Constant)
            if not negative and not isinstance(child, ast.Raise):
                yield from _sites(child, statement)


def _is_silent(parent: ast.AST, name: str) -> bool:
    """Does this field hold what a program's results do not depend on, or what is only faulty as a whole?"""
    if name in {"annotation", "returns", "decorator_list", "ctx", "op", "ops", "msg"}:
        return True
    if isinstance(parent, ast.ExceptHandler) and name == "type":
        return True
    is_check = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in {"isinstance", "issubclass"}
    return is_check and name == "args"


def _role(parent: ast.AST, name: str, child: ast.AST) -> str:
    if name == "test" or (isinstance(parent, ast.comprehension) and name == "ifs"):
        return "condition"
    if name == "iter":
        return "iterable"
    if isinstance(parent, ast.Call) and name == "args" and getattr(parent.func, "attr", "") == "reshape":
        return "size"  # numpy takes every negative size for -1
    if isinstance(child, ast.stmt):
        alone = getattr(parent, name) == [child] and not getattr(parent, "orelse", [])
        if alone and isinstance(parent, ast.If | ast.For | ast.While):
            return "kept"  # dropping the whole `if` or loop does the same
        if isinstance(child, ast.Return) and isinstance(parent, ast.FunctionDef) and parent.body[-1] is child:
            return "kept"  # the same as returning None
    return ""


def _reach(statement: ast.stmt | None) -> tuple[int, int]:
    """First and last line that are executed with the statement itself, without its body."""
    if statement is None:
        return 0, 0
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return statement.lineno, max(statement.lineno, last)


class _Text:
    """A cell's text and tree, in which one node at a time is replaced."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.data = source.encode()
        self.tree = tree
        lengths = [len(line) for line in self.data.split(b"\n")]
        self.starts = [0, *itertools.accumulate(length + 1 for length in lengths)]
        self.originals = {id(node) for node in ast.walk(tree)}

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where the node's text stands; Python counts columns in bytes."""
        start = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        stop = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return start, stop

    def segment(self, node: ast.AST) -> str:
        start, stop = self.span(node)
        return self.data[start:stop].decode()

    def column(self, node: ast.AST) -> int:
        start = self.span(node)[0]
        line_start = self.starts[node.lineno - 1]  # type: ignore[attr-defined]
        return len(self.data[line_start:start].decode()) + 1

    def replace(self, site: _Site, replacement: ast.AST | None) -> tuple[str, str] | None:
        """The cell's text with `replacement` at `site`, and its tree's dump; None if no text gives it."""
        new = ast.Pass() if replacement is None else replacement
        site.put(new)
        wanted = ast.dump(self.tree)
        site.put(site.node)
        start, stop = self.span(site.node)
        for candidate in self._candidates(new):
            text = (self.data[:start] + candidate.encode() + self.data[stop:]).decode()
            try:
                if ast.dump(ast.parse(text)) == wanted:
                    return text, wanted
            except (SyntaxError, ValueError):
                continue
        return None

    def _candidates(self, new: ast.AST) -> Iterator[str]:
        """Ways to write `new`, those that keep most of the original text first."""
        kept: list[ast.expr] = []
        pattern = ast.unparse(ast.fix_missing_locations(self._holed(new, kept)))
        for atoms in (ast.expr, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript):
            text = pattern
            for index, node in enumerate(kept):
                segment = self.segment(node)
                text = text.replace(f"_kept_{index}_", segment if isinstance(node, atoms) else f"({segment})")
            yield text
            yield f"({text})"
        yield ast.unparse(new)
        yield f"({ast.unparse(new)})"

    def _holed(self, node: ast.AST, kept: list[ast.expr]) -> ast.AST:
        """A copy of `node` with a placeholder name for each original expression in it."""
        if isinstance(node, ast.expr) and id(node) in self.originals:
            kept.append(node)
            return ast.Name(f"_kept_{len(kept) - 1}_", ast.Load())
        fields: dict[str, Any] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[name] = [self._holed(one, kept) if isinstance(one, ast.AST) else one for one in value]
            else:
                fields[name] = self._holed(value, kept) if isinstance(value, ast.AST) else value
        return type(node)(**fields)
