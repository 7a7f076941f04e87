"""A handle shows a student's object and nothing of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examiner.fork_room import ForkRoom
from tito.examiner.handles import Handle
from tito.examiner.link import Link

NAMES = ("link", "number", "base", "received", "is_type", "plain", "ask")
SOURCE = f'''
class Node:
    """A student's words."""
    def __init__(self):
        for name in {NAMES!r}:
            setattr(self, name, f"public {{name}}")
            setattr(self, "_" + name, f"private {{name}}")
            setattr(self, "_Handle__" + name, f"mangled {{name}}")

node = Node()
'''


@pytest.fixture
def node() -> Iterator[Handle]:
    link = Link(ForkRoom())
    assert link.run("node", SOURCE) is None
    there, found = link.look_up("node")
    assert there
    yield found
    link.end()


@pytest.mark.parametrize("name", NAMES)
def test_no_attribute_of_a_students_object_is_hidden(node: Handle, name: str) -> None:
    assert type(node) is Handle
    assert getattr(node, name) == f"public {name}"
    assert getattr(node, f"_{name}") == f"private {name}"
    assert getattr(node, f"_Handle__{name}") == f"mangled {name}"
    setattr(node, f"_{name}", "changed")
    assert getattr(node, f"_{name}") == "changed"


def test_what_every_class_has_is_the_students(node: Handle) -> None:
    assert node.__doc__ == "A student's words."
    assert node.__module__ == "__main__"
