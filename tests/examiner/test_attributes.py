"""Attributes that come along with an object are what asking for them would have given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.examiner.fork_room import ForkRoom
from tito.examiner.link import Link

SOURCE = """
import numpy as np

READ = []

class Plain:
    kind = "of the class"
    def __init__(self, value):
        self.value, self.items, self.inner = value, [value], None
    def grow(self):
        self.value = self.value + 1

class Slots:
    __slots__ = ("value",)
    def __init__(self, value):
        self.value = value

class Asked(Plain):
    @property
    def value(self):
        READ.append("value")
        return len(READ)
    @value.setter
    def value(self, value):
        pass

class Watching(Plain):
    def __getattribute__(self, name):
        READ.append(name)
        return super().__getattribute__(name)

class Absent(Plain):
    def __init__(self):
        pass
    def __getattr__(self, name):
        READ.append(name)
        return f"made {name}"

class Disguised(Plain):
    @property
    def __dict__(self):
        READ.append("__dict__")
        return {"value": "a lie"}

class Any(type):
    def __instancecheck__(cls, instance):
        return True

class Everything(metaclass=Any):
    pass

class Derived(Plain):
    pass

def make(kind, *arguments):
    return globals()[kind](*arguments)

def nest(first):
    owner = Plain(1)
    owner.inner = first
    return owner

def change(owner, value):
    owner.value = value

def called(owner, function):
    owner.value = 5
    seen = function(owner)
    owner.value = 6
    return seen

def spoil():
    Plain.value = property(lambda self: "of a property", lambda self, value: None)

def read():
    return list(READ)
"""


class Room:
    """The student's notebook by name, and how often it was asked."""

    def __init__(self) -> None:
        self.link = Link(ForkRoom())
        assert self.link.run("cell", SOURCE) is None
        self.questions = 0
        request = self.link._request

        def counted(message: list[object]) -> object:
            self.questions += 1
            return request(message)

        self.link._request = counted
        for _ in range(2):  # twice asked, and it comes along
            plain = self("make", "Plain", 0)
            self("read")
            _ = plain.value, plain.inner, plain.items
        self.questions = 0

    def __call__(self, name: str, *arguments: object) -> object:
        there, function = self.link.look_up(name)
        assert there
        return function(*arguments)


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.link.end()


def asked(room: Room, work) -> tuple[object, int]:
    before = room.questions
    return work(), room.questions - before


@pytest.mark.parametrize("kind", ["Plain", "Slots", "Derived"])
@pytest.mark.parametrize("value", [3, 2.5, "text", None, np.arange(3.0), np.float32(1.5)])
def test_what_lies_ready_needs_no_question(room: Room, kind: str, value: object) -> None:
    owner = room("make", kind, value)
    found, questions = asked(room, lambda: owner.value)
    assert type(found) is type(value) and np.all(found == value) and questions == 0


def test_an_array_that_came_along_is_the_students(room: Room) -> None:
    owner = room("make", "Plain", np.zeros(2))
    found = owner.value
    found[0] = 7.0
    assert owner.value is found
    room("change", owner, found)
    np.testing.assert_array_equal(owner.value, [7.0, 0.0])


def test_old_values_are_forgotten_when_code_runs(room: Room) -> None:
    owner = room("make", "Plain", 1)
    assert owner.value == 1
    owner.grow()
    assert owner.value == 2
    owner.value = 10
    assert owner.value == 10
    room("change", owner, 11)
    assert owner.value == 11


def test_reading_one_object_keeps_what_is_known_of_another(room: Room) -> None:
    first, second = room("make", "Plain", 1), room("make", "Plain", 2)
    assert asked(room, lambda: (second.value, first.value)) == ((2, 1), 1)
    assert asked(room, lambda: (second.value, first.value)) == ((2, 1), 0)


def test_a_callback_sees_the_values_of_its_time(room: Room) -> None:
    owner = room("make", "Plain", 1)
    assert owner.value == 1
    assert room("called", owner, lambda inner: (inner.value, owner.value)) == (5, 5)
    assert owner.value == 6


def test_a_list_is_a_new_one_each_time(room: Room) -> None:
    owner = room("make", "Plain", 1)
    found = owner.items
    found.append(2)
    assert owner.items == [1]


def test_an_object_in_an_object_is_a_handle(room: Room) -> None:
    first = room("make", "Plain", 4)
    owner = room("nest", first)
    found, questions = asked(room, lambda: owner.inner)
    assert found is first and questions == 0
    assert found.value == 4


@pytest.mark.parametrize("kind", ["Asked", "Watching", "Disguised"])
def test_no_code_runs_that_the_test_did_not_ask_for(room: Room, kind: str) -> None:
    before = room("read")
    owner = room("make", kind, 1)
    made = room("read")[len(before) :]
    expected = owner.value
    assert expected == {"Asked": 1, "Watching": 1, "Disguised": 1}[kind]
    after = room("read")[len(before) + len(made) :]
    assert after == {"Asked": ["value"], "Watching": ["value"], "Disguised": []}[kind]
    assert "value" not in made and "__dict__" not in made


def test_what_is_not_there_is_asked_for(room: Room) -> None:
    owner = room("make", "Absent")
    assert owner.value == "made value"
    assert owner.kind == "of the class"
    assert room("read")[-1] == "value"


def test_a_class_that_changes_is_looked_at_again(room: Room) -> None:
    owner = room("make", "Plain", 1)
    assert owner.value == 1
    room("spoil")
    assert owner.value == "of a property"


def test_isinstance_is_pythons(room: Room) -> None:
    names = ("Plain", "Derived", "Everything")
    plain, derived, everything = (room.link.look_up(name)[1] for name in names)
    a, b = plain(1), derived(1)
    assert isinstance(a, plain) and isinstance(b, plain) and isinstance(b, derived)
    assert not isinstance(a, derived)
    assert isinstance(a, everything) and isinstance(3, everything)
    for value in (3, 2.5, "x", None, True, [a], {}, np.zeros(2)):
        assert not isinstance(value, plain)
    found, questions = asked(room, lambda: (isinstance(a, plain), isinstance(3, plain), isinstance(b, derived)))
    assert found == (True, False, True) and questions == 0
    with pytest.raises(TypeError):
        isinstance(3, a)
