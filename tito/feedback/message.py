"""What a failed test said, taken apart: the hint, what was expected and what came."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NOTHING", "Message", "take_apart"]

_VALUES = re.compile(r"^ ?ACTUAL: (?P<got>.*?)\n ?DESIRED: (?P<expected>.*)\Z", re.MULTILINE | re.DOTALL)

_BOILERPLATE = re.compile(
    r"""^(?:
        Not\ equal\ to\ tolerance\ rtol=\S+,\ atol=\S+
      | (?:Arrays|Items)\ are\ not\ (?:equal|almost\ equal\ to\ \d+\ \w+):?
      | Mismatched\ elements:.*
      | (?:Mismatch|First\ \d+\ mismatches|Mismatches)\ (?:at|are\ at)\ (?:index|indices):
      | \ \[[\d,\ ]*\]:\ .*\ \(ACTUAL\),\ .*\ \(DESIRED\)
      | Max\ (?:absolute|relative)\ difference.*
      | item=.*
    )[ ]?""",
    re.VERBOSE | re.MULTILINE,
)
"""numpy's own words around a test's message."""


@dataclass(frozen=True)
class Message:
    """The parts of a message; `expected` and `got` are empty when it does not give them apart."""

    hint: str
    expected: str = ""
    got: str = ""


NOTHING = Message("")


def take_apart(text: str) -> Message:
    """numpy's report of two values that differ in its parts. Any other text is a hint as a whole."""
    found = _VALUES.search(text)
    if not found:
        return Message(text.strip())
    lines = (_BOILERPLATE.sub("", line) for line in text[: found.start()].splitlines())
    hint = "\n".join(line for line in lines if line.strip())
    return Message(hint, expected=found["expected"].strip(), got=found["got"].strip())
