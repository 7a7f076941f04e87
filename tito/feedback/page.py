"""The page's HTML. Jinja escapes every value; the only markup that is not the template's own is our style sheet."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from tito.feedback.view import Page

__all__ = ["policy", "render", "style"]


def render(page: Page) -> str:
    """The page as HTML: one file, without scripts, images or links to anywhere but itself."""
    return _template().render(page=page, style=Markup(style()), policy=policy(style()))


def policy(style_sheet: str) -> str:
    """What the browser may do with a page: apply this one style sheet, and nothing else.

    `base-uri` also keeps JupyterLab's viewer from turning the links within the page into links out of it.
    """
    digest = base64.b64encode(hashlib.sha256(style_sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def style() -> str:
    """The style sheet: light and dark, wide, narrow and on paper."""
    return files("tito.feedback").joinpath("templates", "page.css").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("tito.feedback"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = _points
    return environment.get_template("page.html.j2")


def _points(value: float) -> str:
    """`25`, `12.5`: at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
