"""The grader's report in a graded notebook, read with care: another program may have written the notebook."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from tito.grading.result import METADATA_KEY, GradedSubmission

__all__ = ["read_result"]


def read_result(metadata: Mapping[str, Any]) -> tuple[GradedSubmission | None, str]:
    """The report in a notebook's metadata, or None and a sentence that says why there is none."""
    if METADATA_KEY not in metadata:
        return None, "This notebook was not graded by the course's own grader, so there are few details."
    try:
        result = GradedSubmission.from_json(metadata[METADATA_KEY])
        sound = _fits(result, GradedSubmission)
    except (AttributeError, KeyError, TypeError, ValueError):
        sound = False
    if sound:
        return result, ""
    return None, "The grader's report in this notebook is damaged, so there are few details."


def _fits(value: Any, hint: Any) -> bool:
    """Is `value`, read from JSON, what the type `hint` says?"""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(one, arguments[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(one, arguments[1]) for one in value.values())
    if hint is float:
        return isinstance(value, int | float) and math.isfinite(value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return isinstance(value, hint) and all(_fits(getattr(value, name), hints[name]) for name in hints)
    return isinstance(value, hint)
