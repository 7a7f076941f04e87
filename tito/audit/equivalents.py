"""Mutants that no test can notice, listed by the authors with a reason.

The list is tests/audit/equivalent_mutants.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from tito.audit.mutants import Mutant
from tito.errors import SourceError

__all__ = ["Equivalent", "equivalents_path", "read_equivalents", "stale"]

_KEYS = ("mutant", "original", "mutated", "reason")


@dataclass(frozen=True)
class Equivalent:
    """One entry: a mutant's id, the text that it replaces and puts in, and why that changes nothing."""

    mutant: str
    original: str
    mutated: str
    reason: str


def equivalents_path(root: Path) -> Path:
    return root / "tests" / "audit" / "equivalent_mutants.toml"


def read_equivalents(path: Path, label: str) -> dict[str, Equivalent]:
    """The entries of the module called `label`, by mutant id; none when the file is not there.

    Raises:
        SourceError: the file is not TOML, or an entry lacks a text or a reason.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error} (nothing was run)") from None
    entries = tables.get(label, [])
    found: dict[str, Equivalent] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        where = f"{path}: entry {number} of {label}"
        if not isinstance(entry, dict) or sorted(entry) != sorted(_KEYS):
            raise SourceError(f"{where} needs exactly {', '.join(_KEYS)} (nothing was run)")
        if not all(isinstance(text, str) and text.strip() for text in entry.values()):
            raise SourceError(f"{where} has an empty value (nothing was run)")
        if entry["mutant"].count(":") < 3:
            raise SourceError(f"{where}: a mutant is called cell:line:column:operator (nothing was run)")
        if entry["mutant"] in found:
            raise SourceError(f"{where} repeats {entry['mutant']} (nothing was run)")
        found[entry["mutant"]] = Equivalent(**entry)
    return found


def stale(entries: Iterable[Equivalent], mutants: Iterable[Mutant], survivors: Collection[str]) -> list[str]:
    """What is wrong with the entries: no such mutant any more, other text there, or a test notices it."""
    known = {mutant.id: mutant for mutant in mutants}
    places: dict[tuple[str, str, tuple[str, str]], str] = {}
    for one in known.values():
        places.setdefault((one.cell, one.operator, _text_of(one)), one.id)
    problems = []
    for entry in entries:
        mutant = known.get(entry.mutant)
        if mutant is None or _text_of(mutant) != _text_of(entry):
            cell, _, _, operator = entry.mutant.split("#")[0].split(":", 3)
            moved = places.get((cell, operator, _text_of(entry)))
            remedy = f"it is {moved} now" if moved else "remove the entry"
            problems.append(f"equivalent {entry.mutant}: there is no such mutant any more; {remedy}")
        elif entry.mutant not in survivors:
            problems.append(f"equivalent {entry.mutant}: a test notices it; remove the entry")
    return problems


def _text_of(one: Equivalent | Mutant) -> tuple[str, str]:
    """What is replaced by what, without regard to spacing."""
    return " ".join(one.original.split()), " ".join(one.mutated.split())
