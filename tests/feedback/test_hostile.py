"""Whatever a submission holds, its page and the formgrader's view of it run nothing and load nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.made_up import Element, addresses, code_cell, elements, page, report, submission
from tito.feedback.markdown import clean_html, markdown_to_html
from tito.grading.result import Blame, CellReport

ATTACKS = (
    "<script>alert(1)</script>",
    "</style></title></pre></code></details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)><style>*{display:none}</style>',
    "'><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>a</a>",
    "<math><mi><style><!--</style><img title='--><img src onerror=alert(1)>'>",
    "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "{{ 7 * 7 }}{% include 'page.css' %}",
    "`<b onclick=alert(1)>`",
    "<!-- <form action=//evil.example><input autofocus onfocus=alert(1)>",
    '[a](javascript:alert(1)) ![b](x" onerror="alert(1)) <javascript:alert(1)>',
    "[evil][1]\n\n[1]: evil.html 'x'",
    "```<img src=x onerror=alert(1)>\n```",
    "$\\href{javascript:alert(1)}{x}$ <b>$<img src=x onerror=alert(1)>$</b>",
    "| <td onclick=alert(1)> |\n|-|\n| [x](//evil.example) |",
)

texts = st.text(st.characters(), max_size=30)
hostile = st.lists(st.sampled_from(ATTACKS) | texts | st.text("<>\"'&`=/- \n\0", max_size=8), max_size=4).map("".join)


def harmless(found: Iterable[Element]) -> None:
    """No script, no event, no frame, no form, no style but the page's own."""
    for element in found:
        assert element.tag not in {"script", "iframe", "object", "embed", "svg", "math", "form", "input", "img", "link"}
        assert not [name for name in element.attributes if name.startswith("on") or name in {"style", "srcdoc"}]


@st.composite
def submissions(draw: st.DrawFn) -> tuple[Any, nbformat.NotebookNode]:
    """A result and a graded notebook with hostile text wherever a student's text can get to."""
    said = {key: draw(hostile) for key in ("title", "error", "message", "line", "traceback", "section")}
    printed = {key: draw(hostile) for key in ("stdout", "stderr")}
    status = draw(st.sampled_from(["passed", "failed", "timeout", "died", "not run"]) | hostile)
    blame = draw(st.none() | st.builds(Blame, hostile, st.lists(hostile, max_size=2).map(tuple)))
    test = report(draw(hostile), status, blame=blame, hidden=draw(st.booleans()), **said, **printed)
    cell = CellReport(draw(hostile), "failed", error=draw(hostile), traceback=draw(hostile))
    names = {key: draw(hostile) for key in ("module", "student", "attempt", "key", "backend", "policy")}
    lists = {key: (draw(hostile),) for key in ("findings", "library")}
    result = submission(test, cells=[cell], **names, **lists)
    return result, graded(result, draw(hostile), draw(hostile))


def graded(result: Any, source: str, other: str) -> nbformat.NotebookNode:
    """A notebook with `source` in the student's cell, and `other` in their markdown, a comment and outputs."""
    hole = code_cell("hole", source, solution=True, comment=other)
    test = code_cell(result.tests[0].id or "x", "assert True", grade=True, locked=True, points=25.0, score=0.0)
    unreported = code_cell("unreported", "assert True", grade=True, locked=True, points=25.0, score=0.0)
    unreported.outputs = [
        nbformat.v4.new_output("display_data", {"text/html": other, "image/svg+xml": other}),
        nbformat.v4.new_output("stream", name="stdout", text=other),
        nbformat.v4.new_output("error", ename=other, evalue=source, traceback=[other]),
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(f"## 6.2 {other}\n{source}"), hole, test, unreported]
    )
    notebook.metadata["tinytorch"] = nbformat.from_dict(result.as_json())
    return notebook


@settings(max_examples=60)
@given(submissions(), hostile)
def test_the_page_is_harmless_whatever_the_text(made: tuple[Any, nbformat.NotebookNode], name: str) -> None:
    result, notebook = made
    html = page(result, notebook, student=name, assignment=name)
    html.encode()
    found = elements(html)
    harmless(found)
    assert all(address.startswith("#") for address in addresses(found))
    assert [one.tag for one in found].count("style") == 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_shown_as_text(attack: str) -> None:
    result = submission(report("a", error="E", message=attack))
    shown = "".join(one.text for one in elements(page(result)) if one.tag == "article")
    assert attack in shown


@settings(max_examples=100)
@given(hostile)
def test_what_the_formgrader_shows_is_harmless(text: str) -> None:
    for html in (markdown_to_html(text), clean_html(text)):
        found = list(loose(html))
        harmless(one for one in found if one.tag != "img")
        assert not [one for one in found if {"class", "id", "name"} & set(one.attributes)]
        assert all(
            address.startswith(("http://", "https://", "mailto:", "data:image/")) for address in addresses(found)
        )


def loose(html: str) -> Iterable[Element]:
    """The elements of a fragment."""
    return elements(f"<div>{html}</div>")


def test_markdown_keeps_what_a_grader_needs() -> None:
    html = markdown_to_html(
        "# Why\n*Because* $a < b$ and `x`:\n\n```python\nreturn 1\n```\n\n[paper](https://arxiv.org/abs/1)"
    )
    assert "<h1>Why</h1>" in html
    assert "<em>Because</em> $a &lt; b$ and <code>x</code>" in html
    assert 'href="https://arxiv.org/abs/1"' in html
    assert 'rel="noopener noreferrer"' in html


@pytest.mark.parametrize("source", ["![x](attachment:gone.png)", "[" * 30_000, "> " * 5_000, "*a" * 9_000])
def test_markdown_that_the_parser_cannot_take_is_shown(source: str) -> None:
    assert markdown_to_html(source)
