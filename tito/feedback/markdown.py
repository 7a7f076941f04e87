"""What the formgrader shows of a submission's markdown and HTML: filters in place of nbconvert's own.

nbgrader's page for graders lets raw HTML in a student's markdown through, and it runs with the grader's rights.
"""

from __future__ import annotations

import re
from html import escape

import nh3

__all__ = ["clean_html", "markdown_to_html"]

_TAGS = {
    *("a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_MOST = 20_000
"""Longer markdown is shown as it was typed: what a parser makes of a megabyte of brackets nobody waits for."""


def markdown_to_html(source: str) -> str:
    """Markdown with formulas as HTML that runs nothing. HTML in it is shown as text."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    if len(source) > _MOST:
        return _as_text(source)
    renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
    try:
        return clean_html(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # one text that the parser cannot digest must not keep a grader from the whole submission
        return _as_text(source)


def clean_html(html: str | bytes) -> str:
    """`html` with plain elements only: no scripts, forms or frames, no classes, ids or styles, which are the page's.

    Links lead to other servers only, since a relative one could open a file that the student handed in. Pictures are
    in the page itself or not there.
    """
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else str(html)
    cleaned: str = nh3.clean(
        text,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "img": {"src", "alt"}, "td": {"colspan", "rowspan"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return cleaned


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if _LINK.match(value) else None
    if name == "src":
        return value if tag == "img" and _PICTURE.fullmatch(value) else None
    return value


def _as_text(source: str) -> str:
    return f"<pre>{escape(source)}</pre>"
