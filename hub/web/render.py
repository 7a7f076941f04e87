"""The pages' HTML. Jinja escapes every value; the only markup that is not a template's own is the style sheet."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tito.feedback.page import policy
from tito.feedback.page import style as feedback_style

__all__ = ["POLICY", "render"]


@cache
def _style() -> str:
    """The feedback page's style sheet, and what lists of many need beside it."""
    return feedback_style() + files("hub.web").joinpath("templates", "site.css").read_text(encoding="utf-8")


POLICY = f"{policy(_style())}; frame-ancestors 'none'"
"""What a browser may do with such a page: apply this one style sheet, and nothing else."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hub.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """The page that `template` makes of `values`."""
    return _environment().get_template(f"{template}.html.j2").render(style=Markup(_style()), **values)
