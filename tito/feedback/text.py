"""Text from a submission, made fit to be shown: every character can be seen, and there is an end to it."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["cut", "shown", "visible"]

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
"""What a terminal shows as colours. It carries no text, so it is left out."""

_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Unicode's categories of characters that show nothing, or that turn round what stands beside them."""


def visible(text: str) -> str:
    """`text` with control characters as `␀` and other invisible ones as `⟨U+202E⟩`; tabs and line breaks stay."""
    text = _COLOURS.sub("", text.replace("\r\n", "\n"))
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def cut(text: str, characters: int, lines: int) -> tuple[str, str]:
    """The beginning of `text`, and a note of what was left out; the note is empty when nothing was."""
    kept = "\n".join(text[:characters].split("\n")[:lines])
    left_out = len(text) - len(kept)
    return kept, f"[{left_out:,} more characters are not shown]" if left_out else ""


def shown(text: str, characters: int = 4000, lines: int = 200) -> str:
    """`text` as the page shows it: trimmed, cut, visible."""
    kept, note = cut(text.strip("\r\n").rstrip(), characters, lines)
    return visible(f"{kept}\n{note}" if note else kept)


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
