"""Python text in coloured pieces. The template writes the pieces, so that it escapes them like all other text."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Literal, Name, Operator, _TokenType

__all__ = ["highlighted"]

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Keyword, "kw"),
    (Operator.Word, "kw"),
    (Comment, "cm"),
    (Literal.String, "st"),
    (Literal.Number, "nu"),
    (Name.Function, "nm"),
    (Name.Class, "nm"),
    (Name.Decorator, "nm"),
)


def highlighted(source: str) -> list[tuple[str, str]]:
    """`source` as pairs of a style's class, empty for plain text, and the text; together they are `source`."""
    pieces = ((_class(kind), text) for _, kind, text in PythonLexer().get_tokens_unprocessed(source))
    return [(name, "".join(text for _, text in group)) for name, group in groupby(pieces, itemgetter(0))]


def _class(kind: _TokenType) -> str:
    return next((name for family, name in _CLASSES if kind in family), "")
