"""A grading process examines thousands of submissions: none leaves anything behind in it."""

from __future__ import annotations

import gc
import random

import numpy as np

from tests.examiner.fork_room import ForkRoom
from tito.examiner.examination import ExamCell, Examination
from tito.examiner.link import Link

CELLS = (
    ExamCell("solution", "class Net:\n    def __init__(self):\n        self.data = [1]\n", "room"),
    ExamCell("test", "import numpy as np\nnp.random.seed(1)\nnet = Net()\nassert net.data == [1]\n", "test"),
)


def test_an_examination_leaves_no_object_and_no_seed_behind() -> None:
    seeds = np.random.seed, random.seed
    links = []

    def open_room() -> Link:
        link = Link(ForkRoom())
        link.setup({}, {})
        links.append(id(link))
        return link

    for _ in range(5):
        outcomes = Examination(CELLS, open_room).run()
        assert [found.status for found in outcomes] == ["passed", "passed"]
    assert (np.random.seed, random.seed) == seeds
    gc.collect()
    assert [found for found in gc.get_objects() if type(found) is Link and id(found) in links] == []
