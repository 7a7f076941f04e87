# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Layers
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●○○ | 2–3 h | 02 tensor, 03 activations | 05 losses |
#
# A layer is an object that *holds* its weights and can be asked for them. Today you build the search that finds every weight of
# a model, the linear layer with its three gradients, dropout, and the chain that makes a network of them. At the end a whole
# model is counted, saved, loaded and differentiated in one line each.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "04"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.layers
#| export
import math

import numpy as np

from tinytorch_lib.core.activations import Activation, floating
from tinytorch_lib.core.tensor import Tensor, generator

# %%
import io

import matplotlib.pyplot as plt

from tinytorch_lib.core.activations import ReLU
from tinytorch_lib.core.setup import megabytes, time_call
from tinytorch_lib.core.tensor import randn

# %% [markdown]
# ## What hurts
# 03 ended with a network whose weights were loose variables, and one of them was forgotten. To update, count or save them,
# somebody must list them, by hand, in every place where they are needed. Here are three such lists. Which is right?

# %%
w1, b1, w2, b2 = randn(2, 4), randn(4), randn(4, 1), randn(1)
to_update = [w1, b1, w2, b2]
to_count = [w1, w2]
to_save = {"w1": w1, "b1": b1, "w2": w1, "b2": b2}
print("numbers to update:", sum(w.size for w in to_update))
print("numbers counted:  ", sum(w.size for w in to_count))
print("numbers saved:    ", sum(w.size for w in to_save.values()))

# %% [markdown]
# Three lists, three answers, no error. (Did you see what is saved as `w2`?) Whoever *uses* a weight should hold it.
#
# ## The idea
# A **layer** is a function with memory. It computes $y = f(x; \theta)$ and owns the weights $\theta$. It answers four questions:
#
# | question | method |
# |---|---|
# | what is $y$? | `layer(x)`, which calls `forward(x)` |
# | how does the loss change with $x$, and with $\theta$? | `backward(grad_output)` |
# | what is $\theta$? | `parameters()`, `state_dict()` |
# | are we learning, or predicting? | `train()`, `eval()` |
#
# A model of many layers answers the same questions, so it is a layer too.

# %% [markdown]
# ### The base, solved, to read
# Nothing has to be registered: a Tensor among the attributes is the layer's own, a layer among them is a part of it. Most
# methods below ask `find_members` (4.1, yours) and pick from its answer.
#
# One attribute is special. What forward keeps for backward goes into `self.saved`, and nobody looks for weights there: it
# belongs to one call, not to the model. **A layer called twice has kept only the last call.**

# %% nbgrader={"grade": false, "grade_id": "layer", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Layer:
    """Base of all layers and models.

    A subclass assigns Tensors, layers and activations to attributes (or puts them in lists) and defines
        forward(x): the output, made by operations on Tensors. It leaves in `self.saved` what backward needs.
        backward(grad_output): given the loss's gradient for the output of the last forward, adds to the gradients
            of the layer's parameters and returns the gradient for the input of that forward.

    Attributes:
        training: True while learning, False while predicting.
        saved: what the last forward kept; None before the first one. No part of the model's state.
    """

    training = True
    saved = None

    def __call__(self, *inputs, **options):
        return self.forward(*inputs, **options)

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} defines no forward")

    def backward(self, grad_output):
        raise NotImplementedError(f"{type(self).__name__} defines no backward")

    def incoming(self, grad_output, shape) -> np.ndarray:
        """The array of `grad_output`, once it is sure that it fits the last forward, whose output had `shape`.

        Raises:
            ValueError: the gradient has another shape.
        """
        gradient = floating(grad_output).data
        if gradient.shape != tuple(shape):
            name = type(self).__name__
            raise ValueError(f"{name}.backward got a gradient of shape {gradient.shape}, its output had {tuple(shape)}")
        return gradient

    def recall(self):
        """What the last forward saved.

        Raises:
            RuntimeError: there was no forward yet.
        """
        if self.saved is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward was called before forward, which saves what backward needs")
        return self.saved

    def named_attributes(self) -> dict:
        """The attributes among which members are looked for, in order of assignment."""
        return {name: value for name, value in vars(self).items() if name != "saved"}

    def named_tensors(self) -> dict:
        """Every Tensor of the layer and of its parts, by dotted name, each once."""
        return {name: member for name, member in find_members(self) if isinstance(member, Tensor)}

    def parameters(self) -> list:
        """What an optimizer may change: the Tensors with `requires_grad`, each once."""
        return [tensor for tensor in self.named_tensors().values() if tensor.requires_grad]

    def zero_grad(self):
        """Forget all gradients. Do it before each backward that shall not be added to the one before."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode=True):
        """Switch the layer and every part of it to learning (or, with `mode=False`, to predicting)."""
        self.training = bool(mode)
        for _, member in find_members(self):
            if not isinstance(member, Tensor):
                member.training = bool(mode)
        return self

    def eval(self):
        """Switch the layer and every part of it to predicting."""
        return self.train(False)

    def state_dict(self) -> dict:
        """Copies of all Tensors by name: all that must be saved to have this model again."""
        return {name: Tensor(tensor, dtype=tensor.dtype) for name, tensor in self.named_tensors().items()}

    def load_state_dict(self, state):
        """Take the numbers of a `state_dict` (Tensors or arrays) of a layer of the same build; they are copied.

        Raises:
            ValueError: a key is missing or unexpected, or a shape differs. Nothing has changed then.
        """
        load_tensors(self.named_tensors(), state)

    def __repr__(self):
        parts = [(name, part) for name, part in find_members(self) if not isinstance(part, Tensor) and "." not in name]
        lines = [f"({name}): {part if isinstance(part, Layer) else type(part).__name__}" for name, part in parts]
        inside = "".join("\n" + line for line in lines).replace("\n", "\n  ")
        return f"{type(self).__name__}({inside}\n)" if lines else f"{type(self).__name__}()"

# %% [markdown]
# ## How layers are tested
# As in 03: backwards are compared with central differences, and a forward must go through the **operations of 02**, or the
# machine of 07 could not derive it. So tests write down every operation that `apply` reports while your forward runs, then
# replay these notes *with other numbers*. What was computed behind their back stays at the old numbers, and shows. You need not read the cell.

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
import warnings

from tinytorch_lib.core.activations import Sigmoid, Softmax, Tanh
from tinytorch_lib.core.tensor import ACTIVE, apply, install_engine, manual_seed


def exact(array, requires_grad=False):
    """A float64 Tensor; central differences need the digits."""
    return Tensor(np.asarray(array), requires_grad=requires_grad, dtype="float64")


def trace(function, arrays):
    """Run `function` on Tensors of `arrays` and write down every operation.

    Returns:
        output: what the function returned.
        calls: (operation, sources, arrays, attributes) in order. A source is the place of the Tensor in the row of
            inputs and results, or None for a constant.
    """
    leaves, calls = [exact(array) for array in arrays], []
    for place, leaf in enumerate(leaves):
        leaf.node = place

    def record(output, op, inputs, operands, attributes):
        sources = [value.node if isinstance(value, Tensor) else None for value in inputs]
        calls.append((op, sources, [np.array(value) for value in operands], attributes))
        output.node = len(leaves) + len(calls) - 1

    former = ACTIVE.recorder, ACTIVE.backward
    install_engine(record, ACTIVE.backward)
    try:
        output = function(*leaves)
    finally:
        install_engine(*former)
    assert isinstance(output, Tensor), f"Expected a Tensor, got {type(output).__name__}. Is there a `return`?"
    return output, calls


def check_replay(function, arrays, others, expected, section):
    """Do the operations that lead from `arrays` to the result lead from `others` to `expected`?"""
    output, calls = trace(function, arrays)
    message = "The result was not made by the operations of 02. Was numpy used on .data? Reread 'How layers are tested'."
    assert output.node is not None, message
    values = [exact(other) for other in others]
    for op, sources, operands, attributes in calls:
        pairs = zip(sources, operands, strict=True)
        inputs = [exact(operand) if source is None else values[source] for source, operand in pairs]
        values.append(apply(op, *inputs, **attributes))
    message = f"The recorded operations do not follow the inputs. Was a part computed from .data? Reread {section}."
    np.testing.assert_allclose(values[output.node].data, expected, rtol=1e-9, atol=1e-12, err_msg=message)


def numeric_gradient(loss, x, step=1e-5):
    """The gradient of the number `loss(x)` for the float64 array x, by central differences."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            ends.append(loss(moved))
        gradient[index] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def same(got, expected, why, tolerance=1e-6):
    """`got` (array or Tensor) has the shape and the numbers of `expected`."""
    got = got.data if isinstance(got, Tensor) else got
    assert got is not None, f"{why}\nGot None: is there a `return`?"
    assert np.shape(got) == np.shape(expected), f"{why}\nExpected the shape {np.shape(expected)}, got {np.shape(got)}."
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance, err_msg=why)


def refusal(error, why, function, *arguments):
    """The message with which the call fails; it must fail, and with this kind of error."""
    try:
        result = function(*arguments)
    except error as caught:
        return str(caught)
    raise AssertionError(f"{why}\nExpected a {error.__name__}, got {result!r}.")

# %% [markdown]
# ## 4.1 Finding what a layer holds — yours (16 points)
# A model holds layers, which hold layers, which hold Tensors: a tree. Some weights hang in it twice: many language models use one
# table both to read words and to write them. An optimizer that gets such a weight twice moves it twice as far. So the search
# lists **each member once**, where it meets it first, with a name that says the way: `blocks.0.weight`.
#
# One level of the tree, solved, to read:

# %% nbgrader={"grade": false, "grade_id": "unpack", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def unpack(name: str, value) -> list:
    """The members that an attribute holds, as (name, member) pairs in order.

    A Tensor, a layer or an activation is a member. Lists, tuples and dictionaries are opened, however deep: what stands
    in the list `blocks` at place 0 is called `blocks.0`. Everything else (numbers, arrays, None) is no member.
    """
    if isinstance(value, (Tensor, Layer, Activation)):
        return [(name, value)]
    if not isinstance(value, (list, tuple, dict)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for key, part in items for pair in unpack(f"{name}.{key}", part)]

# %%
print([name for name, _ in unpack("blocks", [Tensor([1.0]), [Tensor([2.0]), "no member"], {"last": Tensor([3.0])}])])

# %% [markdown]
# ### Now you: all levels
# `layer.named_attributes()` gives the attributes in order of assignment; `unpack` each. Below a member that is a layer, search on.
#
# Tensors compare element by element, so `member in found` does not ask what you mean. The `id` of an object is a number that no
# other living object has: keep those in a set.
#
# *Where to look:* a part may hold the whole (`part.owner = model`). What must `seen` contain at first, and who hands it on
# to whom?

# %% nbgrader={"grade": false, "grade_id": "find-members", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def find_members(layer: Layer, prefix: str = "", seen: set | None = None) -> list:
    """4.1 Everything inside a layer, with its parts' parts.

    Args:
        layer: where to look.
        prefix: stands before each name.
        seen: the `id` of everything that was met before; None at the start of a search.

    Returns:
        (name, member) pairs. Each member (Tensor, layer, activation) is followed by its own members, whose names begin with
        its name and a dot. What is reached twice is listed where it was met first; `layer` itself is not listed.

    Example:
        for Linear(3, 2) in the attribute `head`: the names "head", "head.weight", "head.bias"
    """
    ### BEGIN SOLUTION
    if seen is None:
        seen = {id(layer)}
    found = []
    for attribute, value in layer.named_attributes().items():
        for name, member in unpack(prefix + attribute, value):
            if id(member) not in seen:
                seen.add(id(member))
                found.append((name, member))
                if isinstance(member, Layer):
                    found += find_members(member, name + ".", seen)
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-find-members", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
def test_find_members():
    """Is every member found, named by its way, in order, once, and does the search end when parts hold the whole?"""
    print("🔬 Unit Test: Finding members...")

    def listing(layer, *options):
        """Names, with the numbers of Tensors and the kind of everything else."""
        try:
            pairs = find_members(layer, *options)
        except RecursionError:
            raise AssertionError("The search never ends: a part holds the whole, and it is searched again (4.1).") from None
        assert isinstance(pairs, list), f"find_members should give a list, got {pairs!r} (docstring of 4.1)."
        kinds = [(Layer, "layer"), (Activation, "activation")]
        return [
            (name, member.data.tolist() if isinstance(member, Tensor) else [k for c, k in kinds if isinstance(member, c)][0])
            for name, member in pairs
        ]

    def holder(**attributes):
        layer = Layer()
        for name, value in attributes.items():
            setattr(layer, name, value)
        return layer

    plain = holder(weight=Tensor([1.0]), size=3, bias=Tensor([2.0]), table=np.zeros(2), none=None)
    expected = [("weight", [1.0]), ("bias", [2.0])]
    got = listing(plain)
    assert got == expected, f"A layer with the Tensors weight and bias: expected {expected}, got {got} (4.1)."
    assert listing(Layer()) == [], "An empty layer has no members (4.1)."

    shared = Tensor([5.0])
    inner = holder(zoom=Tensor([1.0, 2.0], requires_grad=True), bend=Tanh(), shared=shared)
    model = holder(blocks=[inner, Tanh()], again=inner, head=holder(inside=holder(deep=Tensor([[7.0]]))), last=shared)
    expected = [
        ("blocks.0", "layer"), ("blocks.0.zoom", [1.0, 2.0]), ("blocks.0.bend", "activation"), ("blocks.0.shared", [5.0]),
        ("blocks.1", "activation"),
        ("head", "layer"), ("head.inside", "layer"), ("head.inside.deep", [[7.0]]),
    ]
    for attempt in ("first", "second"):
        got = listing(model)
        message = f"Layers in layers, the {attempt} time: expected {expected}, got {got}. Names, order, each once (4.1)?"
        assert got == expected, message
    got, prefixed = listing(model, "net."), [("net." + name, what) for name, what in expected]
    assert got == prefixed, f"With the prefix 'net.': expected {prefixed}, got {got} (docstring of 4.1)."

    equal = holder(a=Tensor([1.0]), b=Tensor([1.0]))
    message = "Two Tensors with equal numbers are still two. Compare with `id`, not by their numbers (4.1)."
    assert listing(equal) == [("a", [1.0]), ("b", [1.0])], message

    ring = holder(part=holder(weight=Tensor([3.0])), itself=None)
    ring.part.owner, ring.itself = ring, ring
    expected = [("part", "layer"), ("part.weight", [3.0])]
    got = listing(ring)
    assert got == expected, f"A part that holds the whole: expected {expected}, got {got}. What is in `seen` at first (4.1)?"
    ### BEGIN HIDDEN TESTS
    tied = Tensor([[0.5]])
    deep = holder(read=holder(table=tied), middle=[[Tanh(), holder(w=Tensor([4.0]))], {"x": tied}], write=holder(table=tied))
    expected = [
        ("read", "layer"), ("read.table", [[0.5]]), ("middle.0.0", "activation"), ("middle.0.1", "layer"),
        ("middle.0.1.w", [4.0]), ("write", "layer"),
    ]
    got = listing(deep)
    assert got == expected, f"A tied weight in nested lists (hidden test): expected {expected}, got {got}. Reread 4.1."
    twins = holder(one=holder(back=None), two=Tensor([1.0]))
    twins.one.back = holder(up=twins.one, w=Tensor([2.0]))
    expected = [("one", "layer"), ("one.back", "layer"), ("one.back.w", [2.0]), ("two", [1.0])]
    got = listing(twins)
    assert got == expected, f"A ring below the top (hidden test): expected {expected}, got {got}. Reread 4.1."
    ### END HIDDEN TESTS
    print("📈 Progress: Finding members ✓")


test_find_members()

# %% [markdown]
# ## 4.2 Loading a state — yours (14 points)
# `state_dict` in the base is the sibling, solved: names and **copies**, so that what you saved at noon does not go on learning. Loading
# is the more dangerous direction. The file may come from another model, and a model that is half old and half new gives no error,
# only bad predictions.

# %% [markdown]
# So a state is checked before it is taken:
#
# - names must match in both directions, shapes exactly (a (1, 3) would *broadcast* into a (2, 3): refuse it);
# - **all or nothing**: on an error, every Tensor is as it was;
# - Tensors stay the same objects, since an optimizer (06) holds on to them, and keep their dtype.

# %% nbgrader={"grade": false, "grade_id": "load-tensors", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def load_tensors(tensors: dict, state: dict) -> None:
    """4.2 Give every Tensor the numbers that `state` has under its name: copies, in the Tensor's own dtype.

    Args:
        tensors: Tensors by name; they stay the same objects and get new data.
        state: Tensors or arrays by name.

    Raises:
        ValueError: a name stands in only one of the two, or two shapes differ. The message names every such name, and for
            a shape both shapes. No Tensor has changed then.
    """
    ### BEGIN SOLUTION
    missing = [name for name in tensors if name not in state]
    unexpected = [name for name in state if name not in tensors]
    if missing or unexpected:
        raise ValueError(f"the state does not fit: missing {missing}, unexpected {unexpected}")
    loaded = {name: Tensor(state[name], dtype=tensor.dtype) for name, tensor in tensors.items()}
    wrong = [f"{name} {loaded[name].shape}, expected {tensors[name].shape}" for name in tensors
             if loaded[name].shape != tensors[name].shape]
    if wrong:
        raise ValueError(f"the state has wrong shapes: {'; '.join(wrong)}")
    for name, tensor in tensors.items():
        tensor.data = loaded[name].data
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-load-tensors", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_load_tensors():
    """Are the numbers copied into the same Tensors, and does a misfit change nothing and say what is wrong?"""
    print("🔬 Unit Test: Loading a state...")

    def fresh():
        return {
            "a": Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True),
            "count": Tensor(7),
            "b": Tensor([0.5, 0.25], dtype="float64"),
        }

    new = {"b": np.array([0.1, 0.2]), "a": Tensor([[9.0, 8.0, 7.0], [6.0, 5.0, 4.0]]), "count": np.array(12)}
    tensors = fresh()
    held = dict(tensors)
    load_tensors(tensors, new)
    for name, expected in (("a", [[9, 8, 7], [6, 5, 4]]), ("count", 12), ("b", [0.1, 0.2])):
        why = f"{name!r} should hold the numbers of the state. Is it still the same Tensor, with new data (4.2)?"
        same(held[name], expected, why, tolerance=1e-12)
    for name, dtype in (("a", "float32"), ("count", "int64"), ("b", "float64")):
        got = held[name].data.dtype
        assert got == dtype, f"{name!r} was {dtype} and should have stayed so, but is {got} (4.2)."
    assert held["a"].requires_grad, "Loading should not touch requires_grad (4.2)."
    new["a"].data[0, 0], new["b"][0] = -1.0, -1.0
    message = "Changing the state afterwards changed the Tensor: copy (4.2)."
    same(held["a"], [[9, 8, 7], [6, 5, 4]], message)
    same(held["b"], [0.1, 0.2], message)
    tensors = fresh()
    load_tensors(tensors, {"a": np.full((2, 3), 1 / 3), "count": np.array(2.0), "b": np.float32([1.5, 2.5])})
    got = [tensors[name].data.dtype.name for name in ("a", "count", "b")]
    message = f"float64 for 'a', a float for 'count', float32 for 'b': dtypes should stay, but are {got} (4.2)."
    assert got == ["float32", "int64", "float64"], message

    def refused(state, words):
        tensors = fresh()
        what = {name: np.shape(value) for name, value in state.items()}
        why = f"The Tensors have the shapes a (2, 3), count (), b (2,). The state has {what}, so it must be refused (4.2)."
        message = refusal(ValueError, why, load_tensors, tensors, state)
        for word in words:
            assert word in message, f"{why}\nThe message should name {word}, but is {message!r}."
        for name, old in fresh().items():
            same(tensors[name], old.data, f"{why}\nIt was, but {name!r} changed: all or nothing.")

    refused({"a": np.ones((2, 3))}, ["count", "b"])
    refused({"count": np.array(1), "b": np.ones(2)}, ["a"])
    refused({**new, "c": np.ones(2), "odd": np.ones(1)}, ["odd"])
    refused({"A": np.ones((2, 3)), "count": np.array(1), "b": np.ones(2)}, ["a", "A"])
    refused({**new, "b": np.ones(3)}, ["b", "(3,)", "(2,)"])
    refused({**new, "a": np.ones((1, 3))}, ["a", "(1, 3)", "(2, 3)"])
    refused({**new, "a": np.ones((3, 2))}, ["a", "(3, 2)", "(2, 3)"])
    ### BEGIN HIDDEN TESTS
    refused({**new, "b": np.ones((2, 1)), "count": np.ones(1)}, ["b", "(2, 1)", "count", "(1,)"])
    refused({}, ["a", "count", "b"])
    empty = {}
    load_tensors(empty, {})
    assert empty == {}, "No Tensors and an empty state fit (hidden test)."
    refusal(ValueError, "An unexpected key for a model without Tensors (hidden test).", load_tensors, {}, {"a": np.ones(1)})
    one = Tensor(np.zeros((1, 2, 0)))
    load_tensors({"one": one}, {"one": Tensor(np.ones((1, 2, 0)))})
    same(one, np.ones((1, 2, 0)), "An empty Tensor can be loaded (hidden test).")
    ### END HIDDEN TESTS
    print("📈 Progress: Loading a state ✓")


test_load_tensors()

# %% [markdown]
# ## 4.3 Flatten — solved, to read
# A linear layer wants rows of numbers, an image is a table. `Flatten` lays all axes but the first (the samples) end to end. Nothing is computed,
# so backward lays them back, and needs one thing that forward saw: the *shape*. Not a single number is kept.
#
# This is a whole layer. Yours will look like it.

# %% nbgrader={"grade": false, "grade_id": "flatten", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Flatten(Layer):
    """(N, any axes) to (N, product of the axes): images to rows. Saves the input's shape.

    Raises:
        ValueError: the input has less than two axes.
    """

    def forward(self, x):
        x = floating(x)
        if x.ndim < 2:
            raise ValueError(f"Flatten needs an input of shape (N, ...), got {x.shape}")
        self.saved = x.shape
        return x.flatten(start_dim=1)

    def backward(self, grad_output):
        shape = self.recall()
        gradient = self.incoming(grad_output, (shape[0], math.prod(shape[1:])))
        return Tensor(gradient.reshape(shape), dtype=gradient.dtype)

# %%
layer = Flatten()
print(layer(randn(8, 3, 4, 4)).shape, "and back", layer.backward(randn(8, 48)).shape)
try:
    Flatten().backward(randn(8, 48))
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown]
# ## 4.4 Linear, forward — yours (10 points)
# Every output is a weighted sum of all inputs, plus a constant:
#
# $$y_{o} = \sum_i W_{oi}\, x_{i} + b_o \qquad\text{for a batch:}\quad Y = X W^\top + b$$
#
# The weight has the shape (out, in), one row an output, as in PyTorch. $X$ may have any number of axes before the last: one vector (in,), a batch
# (N, in), sentences (N, T, in). The batched product of 02 and broadcasting take care of them all.

# %% nbgrader={"grade": false, "grade_id": "linear", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """4.4 y = x W^T + b along the last axis, through operations of 02.

    Args:
        x: (..., in), any number of leading axes, none included.
        weight: (out, in).
        bias: (out,), or None for no bias.

    Returns:
        (..., out)

    Raises:
        ValueError: the last axis of `x` is not `in` long.
    """
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"linear: the last axis of x must have length {weight.shape[1]}, got x of shape {x.shape}")
    ### BEGIN SOLUTION
    product = x @ weight.T
    return product if bias is None else product + bias
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-linear", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_linear():
    """Is each output its row of weights times the input, for any leading axes, through operations of 02?"""
    print("🔬 Unit Test: Linear forward...")
    x, weight, bias = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), [10.0, -10.0]
    why = "Each output is its row of the weight times the input, plus its bias (4.4)."
    same(linear(exact(x), exact(weight), exact(bias)), [[8, -4.5], [8, -10]], why)
    same(linear(exact(x), exact(weight)), [[-2, 5.5], [-2, 0]], f"{why} Here there is no bias.")
    square = np.array([[1.0, 2.0], [3.0, 4.0]])
    same(linear(Tensor([1.0, 10.0]), Tensor(square), Tensor([0.5, 0.0])), [21.5, 43], f"{why} One vector, a square weight.")

    def compare(shape, outputs, what):
        generator = np.random.default_rng(44)
        x, weight = generator.standard_normal(shape), generator.standard_normal((outputs, shape[-1]))
        bias = generator.standard_normal(outputs)
        expected = (x[..., None, :] * weight).sum(axis=-1) + bias
        arrays = [x, weight, bias]
        tensors = [exact(array) for array in arrays]
        why = f"x of shape {shape}, weight {weight.shape}{what}. Reread 4.4."
        got = linear(*tensors)
        same(got, expected, why, tolerance=1e-9)
        assert got.data.dtype == np.float64, f"{why}\nfloat64 inputs give float64, got {got.data.dtype}."
        for tensor, array in zip(tensors, arrays, strict=True):
            np.testing.assert_array_equal(tensor.data, array, err_msg=f"{why}\nAn input was changed.")
        # the same notes, replayed with x, weight and bias doubled: products four times, the bias twice
        check_replay(linear, arrays, [2 * array for array in arrays], 4 * expected - 2 * bias, "4.4")
        check_replay(linear, arrays[:2], [x, 3 * weight], 3 * (expected - bias), "4.4")

    for shape, outputs in [((5, 3), 2), ((3,), 4), ((2, 4, 3), 3), ((2, 1, 2, 3), 5), ((0, 3), 2), ((4, 1), 1)]:
        compare(shape, outputs, "")
    single = linear(Tensor(x), Tensor(weight), Tensor(bias)).data.dtype
    assert single == np.float32, f"float32 inputs should give float32, got {single} (4.4)."
    for shape in ((2,), (3, 2), ()):
        why = f"x of shape {shape} does not fit a weight of shape (2, 3) (4.4)."
        refusal(ValueError, why, linear, Tensor(np.ones(shape)), Tensor(weight))
    ### BEGIN HIDDEN TESTS
    compare((1, 7), 7, " (hidden test)")
    compare((3, 2, 6), 4, " (hidden test)")
    compare((2, 0, 3), 4, " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Linear forward ✓")


test_linear()

# %% [markdown]
# ## 4.5 Linear, backward — yours (18 points)
# One output gradient $g = \partial L/\partial Y$ arrives; *three* leave. The first one, worked out. Input $x_{ni}$ of sample $n$ reaches the loss through
# every output $o$ of its sample, each time with factor $W_{oi}$:
#
# $$\frac{\partial L}{\partial x_{ni}} = \sum_o g_{no}\, W_{oi} \qquad\Rightarrow\qquad \frac{\partial L}{\partial X} = g\, W$$

# %% [markdown]
# ### Now you: the other two
# The weight $W_{oi}$ touches only the output $o$, but that in *every* sample $n$. With which factor? And $b_o$?
#
# $$\frac{\partial L}{\partial W_{oi}} = \sum_n \dots \qquad \frac{\partial L}{\partial b_o} = \sum_n \dots$$
#
# *Check:* a gradient has the shape of what it belongs to. With more leading axes, *all* of them count samples: first make rows
# of them.

# %% nbgrader={"grade": false, "grade_id": "linear-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def linear_backward(gradient: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple:
    """4.5 The three gradients of a linear layer.

    Args:
        gradient: the loss's gradient for the output, (..., out).
        x: forward's input, (..., in), with the same leading axes.
        weight: (out, in).

    Returns:
        the loss's gradients for x (..., in), weight (out, in) and bias (out,): new arrays; the arguments stay unchanged.
    """
    ### BEGIN SOLUTION
    rows = gradient.reshape(-1, weight.shape[0])
    inputs = x.reshape(-1, weight.shape[1])
    return gradient @ weight, rows.T @ inputs, rows.sum(axis=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-linear-backward", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
def test_linear_backward():
    """Do all three gradients agree with numbers by hand and with central differences, for any leading axes?"""
    print("🔬 Unit Test: Linear backward...")
    names = ("x", "the weight", "the bias")
    x, weight = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0, 0.5], [0.0, 2.0]])
    gradient = np.array([[1.0, 10.0], [0.0, -2.0]])
    by_hand = [[[1, 20.5], [0, -4]], [[1, 2], [4, 22]], [1, 8]]
    got = linear_backward(gradient, x, weight)
    assert got is not None and len(got) == 3, f"linear_backward returns three gradients, got {got!r} (4.5)."
    for name, one, expected in zip(names, got, by_hand, strict=True):
        same(one, expected, f"Two samples, two inputs, two outputs: the gradient for {name} is wrong (4.5).")

    def compare(shape, outputs, what=""):
        generator = np.random.default_rng(45)
        x, weight = generator.standard_normal(shape), generator.standard_normal((outputs, shape[-1]))
        bias, gradient = generator.standard_normal(outputs), generator.standard_normal((*shape[:-1], outputs))

        def loss(x, weight, bias):
            return np.sum(gradient * ((x[..., None, :] * weight).sum(axis=-1) + bias))

        expected = [
            numeric_gradient(lambda v: loss(v, weight, bias), x),
            numeric_gradient(lambda v: loss(x, v, bias), weight),
            numeric_gradient(lambda v: loss(x, weight, v), bias),
        ]
        for dtype, tolerance in (("float64", 1e-7), ("float32", 2e-5)):
            given = [array.astype(dtype) for array in (gradient, x, weight)]
            copies = [array.copy() for array in given]
            for name, one, right in zip(names, linear_backward(*given), expected, strict=True):
                why = f"x of shape {shape}, weight {weight.shape}: the gradient for {name}{what}. Reread 4.5."
                same(one, right, why, tolerance)
                assert one.dtype == dtype, f"{why}\nIt should be {dtype} as the inputs are, but is {one.dtype}."
            for array, copy in zip(given, copies, strict=True):
                np.testing.assert_array_equal(array, copy, err_msg=f"linear_backward changed one of its inputs{what} (4.5).")

    for shape, outputs in [((4, 3), 2), ((3,), 2), ((2, 2, 3), 3), ((2, 1, 2, 3), 2), ((0, 3), 2), ((1, 1), 1)]:
        compare(shape, outputs)
    ### BEGIN HIDDEN TESTS
    compare((5, 2), 4, " (hidden test)")
    compare((3, 2, 4), 1, " (hidden test)")
    compare((2, 0, 3), 2, " (hidden test)")
    compare((1, 3, 3), 3, " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Linear backward ✓")


test_linear_backward()

# %% [markdown]
# ## 4.6 Gradients add up — yours (8 points)
# Where does a parameter's gradient go? Into `parameter.grad`. Not *in place of* what is there, but on top:
#
# $$\theta.\text{grad} \leftarrow \theta.\text{grad} + \frac{\partial L}{\partial \theta}$$
#
# A weight used in two places gets a gradient from both, and the chain rule adds them. A batch too large for memory can be learned in
# two halves. The price: somebody has to call `zero_grad()` between two steps.
#
# Two traps: `grad` may be None, and an array that you only *keep* may be changed by its owner later.

# %% nbgrader={"grade": false, "grade_id": "accumulate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def accumulate(parameter: Tensor, gradient: np.ndarray) -> None:
    """4.6 Add `gradient` to `parameter.grad`.

    Afterwards `parameter.grad` is a Tensor of the parameter's dtype in memory of its own. A parameter without
    `requires_grad` is frozen: it gets no gradient.

    Raises:
        ValueError: `gradient` has not the parameter's shape.
    """
    if gradient.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} cannot get a gradient of shape {gradient.shape}")
    ### BEGIN SOLUTION
    if not parameter.requires_grad:
        return
    if parameter.grad is not None:
        gradient = parameter.grad.data + gradient
    parameter.grad = Tensor(gradient, dtype=parameter.dtype)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-accumulate", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_accumulate():
    """Do gradients add up in memory of their own, in the parameter's dtype, and do frozen parameters get none?"""
    print("🔬 Unit Test: Accumulating gradients...")
    first, second = np.float32([[1.0, -2.0], [0.5, 4.0]]), np.float32([[10.0, 20.0], [30.0, 40.0]])
    parameter, other = Tensor(np.ones((2, 2)), requires_grad=True), Tensor(np.zeros((2, 2)), requires_grad=True)
    accumulate(parameter, first)
    assert isinstance(parameter.grad, Tensor), f"grad should be a Tensor, got {type(parameter.grad).__name__} (4.6)."
    same(parameter.grad, [[1, -2], [0.5, 4]], "The first gradient is the gradient itself (4.6).")
    accumulate(other, first)
    accumulate(parameter, second)
    same(parameter.grad, [[11, 18], [30.5, 44]], "The second gradient is added to the first (4.6).")
    accumulate(parameter, first)
    same(parameter.grad, [[12, 16], [31, 48]], "The third gradient is added to the first two (4.6).")
    same(other.grad, [[1, -2], [0.5, 4]], "Another parameter's gradient changed too: do the two share memory (4.6)?")
    np.testing.assert_array_equal(first, [[1, -2], [0.5, 4]], err_msg="accumulate changed the array it was given (4.6).")
    first[...] = 99.0
    same(other.grad, [[1, -2], [0.5, 4]], "The array was changed afterwards, and grad with it: copy (4.6).")
    np.testing.assert_array_equal(parameter.data, np.ones((2, 2)), err_msg="Only grad may change, not the numbers (4.6).")

    frozen = Tensor([1.0, 2.0])
    accumulate(frozen, np.float32([3.0, 4.0]))
    assert frozen.grad is None, f"A parameter without requires_grad gets no gradient, but has {frozen.grad!r} (4.6)."
    for dtype in ("float32", "float64"):
        parameter = Tensor([0.0], requires_grad=True, dtype=dtype)
        for step in (1, 2):
            accumulate(parameter, np.array([0.1]))
            got = parameter.grad.data.dtype
            assert got == dtype, f"A {dtype} parameter has a {dtype} gradient, but after step {step} it is {got} (4.6)."
        same(parameter.grad, [0.2], "0.1 twice (4.6).", tolerance=1e-6 if dtype == "float32" else 1e-14)
    refusal(ValueError, "A gradient (2,) for a parameter (1, 2) (4.6).", accumulate, Tensor([[1.0, 2.0]]), np.ones(2))
    ### BEGIN HIDDEN TESTS
    parameter = Tensor(np.zeros((2, 1, 3)), requires_grad=True)
    for k in range(1, 5):
        accumulate(parameter, np.full((2, 1, 3), k, dtype=np.float32))
        same(parameter.grad, np.full((2, 1, 3), k * (k + 1) / 2), f"1 + ... + {k} (hidden test). Reread 4.6.")
    scalar = Tensor(0.0, requires_grad=True)
    accumulate(scalar, np.array(-2.5))
    same(scalar.grad, -2.5, "A 0-d parameter (hidden test). Reread 4.6.")
    ### END HIDDEN TESTS
    print("📈 Progress: Accumulating gradients ✓")


test_accumulate()

# %% [markdown]
# ## 4.7 Where weights start — yours (10 points)
# All zero will not do: every output of a layer would be equal, get equal gradients, and stay equal for ever. They start random; how large?
# An output sums over *fan-in* many inputs, so the more inputs, the smaller each weight. We do as PyTorch's linear layer does:
#
# $$W_{oi},\ b_o \sim \text{uniform}\left(-\frac{1}{\sqrt{\text{fan-in}}},\ \frac{1}{\sqrt{\text{fan-in}}}\right)$$
#
# `shape` does not tell the fan-in of a bias or of a filter (09), so it is an argument.
#
# *Where to look:* `generator()` from 02 is a numpy generator. All random numbers of the course come from it, so that `manual_seed`
# can repeat them.

# %% nbgrader={"grade": false, "grade_id": "uniform-parameter", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def uniform_parameter(shape: tuple, fan_in: int) -> Tensor:
    """4.7 A new parameter: independent numbers, uniform between -1/sqrt(fan_in) and 1/sqrt(fan_in).

    Args:
        shape: of the parameter.
        fan_in: how many inputs each output sums over.

    Returns:
        a float32 Tensor that requires gradients, drawn from the course's `generator()`.
    """
    ### BEGIN SOLUTION
    bound = 1 / math.sqrt(fan_in)
    return Tensor(generator().uniform(-bound, bound, shape), requires_grad=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-uniform-parameter", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_uniform_parameter():
    """Are the numbers spread evenly between the bounds, drawn anew each time, and repeated by the seed?"""
    print("🔬 Unit Test: Initial weights...")
    # 40,000 numbers: the mean and the variance of a uniform distribution are met to within a few thousandths
    for shape, fan_in in [((200, 200), 4), ((400, 100), 100), ((10, 10, 20, 20), 16), ((40_000,), 1)]:
        manual_seed(47)
        parameter = uniform_parameter(shape, fan_in)
        bound = fan_in**-0.5
        why = f"uniform_parameter({shape}, {fan_in}) should be uniform between {-bound:g} and {bound:g} (4.7)."
        assert isinstance(parameter, Tensor), f"{why}\nExpected a Tensor, got {type(parameter).__name__}."
        numbers = parameter.data.ravel() / bound
        assert parameter.data.shape == shape, f"{why}\nExpected the shape {shape}, got {parameter.data.shape}."
        assert parameter.data.dtype == np.float32, f"{why}\nExpected float32, got {parameter.data.dtype}."
        assert parameter.requires_grad, f"{why}\nA parameter requires gradients."
        low, high = numbers.min(), numbers.max()
        assert -1.0001 < low < -0.99 and 0.99 < high < 1.0001, f"{why}\nThey reach from {low * bound:g} to {high * bound:g}."
        assert abs(numbers.mean()) < 0.03, f"{why}\nThe mean should be near 0, but is {numbers.mean() * bound:g}."
        quarter = np.mean(np.abs(numbers) < 0.25)
        message = f"{why}\nA quarter of them should lie in the middle quarter, but {quarter:.0%} do."
        assert 0.23 < quarter < 0.27, message
        again = uniform_parameter(shape, fan_in).data
        assert np.any(again != parameter.data), f"{why}\nThe next one drawn is the same. Is a seed set inside?"
        manual_seed(47)
        repeated = uniform_parameter(shape, fan_in).data
        message = f"{why}\nAfter the same manual_seed the numbers differ. Do they come from generator()?"
        np.testing.assert_array_equal(repeated, parameter.data, err_msg=message)
    ### BEGIN HIDDEN TESTS
    manual_seed(470)
    numbers = uniform_parameter((300, 300), 25).data * 5
    message = "300 x 300 numbers for 25 inputs (hidden test). Reread 4.7."
    assert -1.0001 < numbers.min() < -0.999 and 0.999 < numbers.max() < 1.0001, message
    spread = numbers.mean(axis=0).std(), numbers.mean(axis=1).std()  # independent numbers: near 1 / sqrt(3 * 300) = 0.033
    assert all(0.025 < value < 0.042 for value in spread), f"Are they independent of each other (hidden test)? {message}"
    assert uniform_parameter((), 9).data.shape == (), "A parameter of shape () (hidden test). Reread 4.7."
    ### END HIDDEN TESTS
    print("📈 Progress: Initial weights ✓")


test_uniform_parameter()

# %% [markdown]
# ### Put together
# Your four functions make the layer. Compare it with `Flatten`: forward saves, backward recalls, and in between the parameters
# get what is theirs. It saves its *input*, because the weight's gradient needs it: the array itself, not a copy, so do not
# change an input in place before backward.

# %% nbgrader={"grade": false, "grade_id": "linear-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Linear(Layer):
    """y = x W^T + b along the last axis. Saves its input (the array itself, not a copy).

    Args:
        in_features: length of the input's last axis, at least 1.
        out_features: length of the output's last axis, at least 1.
        bias: whether there is a b.

    Attributes:
        weight: (out_features, in_features), at first uniform in ±1/sqrt(in_features) as in PyTorch.
        bias: (out_features,), the same, or None.

    Raises:
        ValueError: a size is less than 1.

    Example:
        Linear(784, 10)(images) gives (N, 10) for images of shape (N, 784)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        if not all(isinstance(size, (int, np.integer)) for size in (in_features, out_features)):
            raise TypeError(f"Linear needs whole numbers of inputs and outputs, got {in_features!r} and {out_features!r}")
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear needs at least one input and one output, got {in_features} and {out_features}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = uniform_parameter((out_features, in_features), in_features)
        self.bias = uniform_parameter((out_features,), in_features) if bias else None

    def forward(self, x):
        x = floating(x)
        output = linear(x, self.weight, self.bias)
        self.saved = x.data
        return output

    def backward(self, grad_output):
        x = self.recall()
        gradient = self.incoming(grad_output, (*x.shape[:-1], self.out_features))
        for_x, for_weight, for_bias = linear_backward(gradient, x, self.weight.data)
        accumulate(self.weight, for_weight)
        if self.bias is not None:
            accumulate(self.bias, for_bias)
        return Tensor(for_x, dtype=for_x.dtype)

    def __repr__(self):
        return f"Linear({self.in_features}, {self.out_features}{', bias=False' if self.bias is None else ''})"


Dense = Linear  # the same layer by its older name

# %%
layer = Linear(3, 2)
print(layer, list(layer.state_dict()))
layer(randn(5, 3))
layer.backward(Tensor(np.ones((5, 2))))
print("five samples, each with gradient 1: the bias gets", layer.bias.grad.data)

# %% [markdown]
# ### See it: twenty layers deep
# How large *should* weights be? If weights and inputs are independent and the weights have mean 0, then for each output
#
# $$\text{var}(y) = n \cdot \text{var}(W) \cdot \text{mean}(x^2)$$
#
# ReLU throws half of the next $x^2$ away, so a layer multiplies the variance by about $\tfrac12\, n\,\text{var}(W)$. That is 1 when
# $\text{var}(W) = 2/n$. PyTorch's default has $\text{var}(W) = 1/(3n)$: a factor of ⅙.

# %% [markdown]
# Four starts, twenty layers of 128, all biases 0 here so that only the weights count. Before you run it: which lines rise, which
# fall, and by what factor a layer?

# %%
def variances(std, depth=20, width=128):
    """Variance of the outputs of each of `depth` linear layers with ReLU between, weights of this std (None: the default)."""
    manual_seed(4)
    x, measured = randn(256, width), []
    for _ in range(depth):
        layer = Linear(width, width, bias=False)
        if std is not None:
            layer.weight = std * randn(width, width, requires_grad=True)
        y = layer(x)
        measured.append(np.var(y.data, dtype=np.float64))
        x = ReLU()(y)
    return measured


starts = {
    "too large: std 0.5": (0.5, "^-"),
    "right for ReLU: std √(2/128) = 0.125": (math.sqrt(2 / 128), "o-"),
    "PyTorch's default: ±1/√128, std 0.051": (None, "s-"),
    "too small: std 0.02": (0.02, "v-"),
}
figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
for name, (std, style) in starts.items():
    measured = variances(std)
    axes.semilogy(range(1, 21), measured, style, markersize=4, label=name)
    print(f"{name:38} factor a layer {(measured[-1] / measured[0]) ** (1 / 19):8.4f}, after 20 layers {measured[-1]:.1e}")
axes.set(title="The same data through 20 layers of 128", xlabel="layer", ylabel="variance (no unit)")
axes.set(xticks=range(2, 21, 2), yticks=[10.0**power for power in range(-30, 31, 10)])
axes.legend(fontsize=8)
plt.show()

# %% [markdown]
# What rises overflows in float32 before long. What falls to $10^{-15}$ drowns: with biases, the last layers would show them and
# nothing of the data. Gradients meet the same weights on their way back, and fare alike.

# %% [markdown]
# So the default is *not* right for twenty layers of ReLU. It is a careful choice for a few: a network of three starts with small
# outputs and learns well. For deep ones set the weights yourself, std $\sqrt{2/n}$, or let a layer renew the variance as it
# goes: batch normalization in 09, layer normalization in 14.

# %% [markdown]
# ## 4.8 Dropout — yours (12 points)
# A network with more weights than data learns its examples by heart. **Dropout** makes that harder: while learning, every number
# that passes is set to 0 with probability $p$, anew in each forward. Nobody can rely on one neighbour.

# %% [markdown]
# While predicting, nothing is dropped, and the next layer would suddenly get larger sums. So what survives grows:
#
# $$y_i = m_i\, x_i \qquad m_i = \begin{cases} 0 & \text{with probability } p \\ \frac{1}{1-p} & \text{else} \end{cases}
# \qquad \mathbb{E}[y_i] = x_i$$
#
# and predicting is the identity. Backward: $y$ is $x$ times a constant, so which mask belongs in it?
#
# *Where to look:* `generator().random(shape)` is uniform in $[0, 1)$: which part of it lies below $p$? And $1/(1-p)$ has a problem.

# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Layer):
    """4.8 While training, each number becomes 0 with probability p, and the others grow by 1 / (1 - p).

    While predicting (after `eval()`) it changes nothing, but remembers that for backward all the same.
    Saves the input's shape and the mask.

    Args:
        p: the share to drop, from 0 (nothing) to 1 (everything).

    Raises:
        ValueError: p is not between 0 and 1.
    """

    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout needs a probability p between 0 and 1, got {p!r}")
        self.p = p

    def draw_mask(self, shape) -> np.ndarray:
        """The factors for one forward, an array of `shape`: 0 with probability p, else 1 / (1 - p), each drawn by itself.

        They come from the course's `generator()`. With p = 1 all are 0.
        """
        ### BEGIN SOLUTION
        if self.p == 1:
            return np.zeros(shape)
        return (generator().random(shape) >= self.p) / (1 - self.p)
        ### END SOLUTION

    def forward(self, x):
        """x times a new mask while training, through operations of 02; x itself while predicting.

        Leaves in `self.saved` a pair for backward: x's shape, and the mask in x's dtype (None while predicting).
        """
        x = floating(x)
        ### BEGIN SOLUTION
        mask = self.draw_mask(x.shape).astype(x.dtype) if self.training else None
        self.saved = x.shape, mask
        return x if mask is None else x * mask
        ### END SOLUTION

    def backward(self, grad_output):
        """The gradient for the input of the last forward, with the mask of that forward.

        `gradient` is the incoming one, an array: give it its new value in the gap.
        """
        shape, mask = self.recall()
        gradient = self.incoming(grad_output, shape)
        ### BEGIN SOLUTION
        gradient = gradient if mask is None else gradient * mask
        ### END SOLUTION
        return Tensor(gradient, dtype=gradient.dtype)

    def __repr__(self):
        return f"Dropout({self.p})"

# %% nbgrader={"grade": true, "grade_id": "test-dropout", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_dropout():
    """Is the right share dropped, the rest scaled, the same mask used in backward, and nothing done while predicting?"""
    print("🔬 Unit Test: Dropout...")

    def layer_of(p, training=True):
        layer = Dropout(p)
        layer.training = training
        return layer

    ones = np.ones((200, 100))
    for p in (0.25, 0.5, 0.7, 0.0, 1.0):
        manual_seed(48)
        layer, why = layer_of(p), f"Dropout({p}) on ones of shape (200, 100), training."
        output = layer(exact(ones))
        mask = output.data
        assert isinstance(output, Tensor) and mask.shape == ones.shape, f"{why}\nExpected a Tensor of the input's shape (4.8)."
        survivor = 0.0 if p == 1 else 1 / (1 - p)
        message = f"{why}\nEvery output should be 0 or {survivor:g} (4.8)."
        assert np.all((mask == 0) | (np.abs(mask - survivor) < 1e-6)), message  # a float32 mask is right, too
        share = np.mean(mask == 0)  # of 20,000: the standard deviation is at most 0.0036
        assert abs(share - p) < 0.02, f"{why}\nA share of {p} should be 0, but {share:.3f} is (4.8)."
        for axis in (0, 1):
            uneven = np.abs(np.mean(mask == 0, axis=axis) - p).max()
            assert uneven < 0.3, f"{why}\nSome whole rows or columns fare alike: draw for each number by itself (4.8)."
        back = layer.backward(exact(3 * ones))
        same(back, 3 * mask, f"{why}\nbackward must use the mask of the forward before it (4.8).", tolerance=1e-6)
        if 0 < p < 1:
            second = layer(exact(ones)).data
            assert np.any(second != mask), f"{why}\nThe second forward dropped the same numbers: draw anew (4.8)."
            same(layer.backward(exact(ones)), second, f"{why}\nbackward belongs to the last forward (4.8).")
            manual_seed(48)
            message = f"{why}\nAfter the same manual_seed it should drop the same. Is it drawn from generator() (4.8)?"
            np.testing.assert_array_equal(layer_of(p)(exact(ones)).data, mask, err_msg=message)

    x, gradient = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -6.0]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for p in (0.6, 1.0):
        layer = layer_of(p, training=False)
        same(layer(exact(x)), x, f"Dropout({p}) while predicting changes nothing (4.8).", tolerance=0)
        layer.training = True
        why = f"Dropout({p}): the last forward was while predicting, so backward passes everything (4.8)."
        same(layer.backward(exact(gradient)), gradient, why, tolerance=0)
    manual_seed(1)
    layer = layer_of(0.5)
    factor = layer(exact(x)).data / x
    layer.training = False
    why = "Dropout(0.5): the last forward was while training, so backward needs its mask (4.8)."
    same(layer.backward(exact(gradient)), gradient * factor, why)
    for dtype in ("float32", "float64"):
        for training in (True, False):
            layer, tensor = layer_of(0.5, training), Tensor(x, dtype=dtype)
            kinds = layer(tensor).data.dtype, layer.backward(Tensor(gradient, dtype=dtype)).data.dtype
            message = f"{dtype} should stay {dtype}, but forward and backward gave {kinds[0]} and {kinds[1]} (4.8)."
            assert kinds == (dtype, dtype), message
            np.testing.assert_array_equal(tensor.data, Tensor(x, dtype=dtype).data, err_msg="The input was changed (4.8).")
    manual_seed(2)
    layer = layer_of(0.5)
    output = layer(exact(x)).data
    manual_seed(2)
    check_replay(layer.forward, [x], [5 * x], 5 * output, "4.8")
    for p in (-0.1, 1.5, float("nan")):
        refusal(ValueError, f"p = {p} is no probability (4.8).", Dropout, p)
    refusal(RuntimeError, "backward before forward (4.8).", Dropout(0.5).backward, exact(x))
    ### BEGIN HIDDEN TESTS
    manual_seed(480)
    layer = layer_of(0.1)
    x = np.random.default_rng(48).standard_normal((20, 30, 1, 20)) + 5
    factor = layer(exact(x)).data / x
    why = "Dropout(0.1) on four axes (hidden test). Reread 4.8."
    assert np.all((factor == 0) | (np.abs(factor - 1 / 0.9) < 1e-12)), why
    assert abs(np.mean(factor == 0) - 0.1) < 0.02, why
    same(layer.backward(exact(x)), x * factor, why, tolerance=1e-12)
    for shape in ((), (0, 3)):
        output = layer_of(0.5)(exact(np.ones(shape)))
        assert output.data.shape == shape, f"An input of shape {shape} (hidden test). Reread 4.8."
    ### END HIDDEN TESTS
    print("📈 Progress: Dropout ✓")


test_dropout()

# %% [markdown]
# ## 4.9 Sequential — yours (12 points)
# A chain of layers is a layer: $y = f_n(\dots f_2(f_1(x)))$. You did backward through a chain of activations in 03; now the layers keep a
# share of the gradient on the way. The chain itself need not know: whoever has parameters takes care of them in its own
# `backward`.

# %% nbgrader={"grade": false, "grade_id": "sequential", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Layer):
    """4.9 A chain: the output of each layer is the input of the next.

    Args:
        layers: layers and activations in order, one by one or as one list.

    Attributes:
        layers: the list of them.

    Raises:
        TypeError: one of them is neither a layer nor an activation.

    Example:
        Sequential(Linear(2, 4), Tanh(), Linear(4, 1)); its Tensors are called 0.weight, 0.bias, 2.weight, 2.bias
    """

    def __init__(self, *layers):
        if len(layers) == 1 and isinstance(layers[0], (list, tuple)):
            layers = layers[0]
        for layer in layers:
            if not isinstance(layer, (Layer, Activation)):
                raise TypeError(f"Sequential takes layers and activations, got {layer!r}")
        self.layers = list(layers)

    def forward(self, x):
        """The output of the last layer; `x` itself if there is none."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION

    def backward(self, grad_output):
        """The gradient for the chain's input; every layer on the way adds to its parameters' gradients.

        Raises:
            RuntimeError: a layer stands in the chain twice. It remembers only its last call, so its first one is lost;
                the machine that you build in 07 keeps both.
        """
        if len({id(layer) for layer in self.layers}) < len(self.layers):
            raise RuntimeError("a layer stands in this Sequential twice, but remembers only its last call")
        ### BEGIN SOLUTION
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output
        ### END SOLUTION

    def named_attributes(self):
        rest = super().named_attributes()
        del rest["layers"]
        return {**{str(place): layer for place, layer in enumerate(self.layers)}, **rest}

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, place):
        return Sequential(self.layers[place]) if isinstance(place, slice) else self.layers[place]

    def __iter__(self):
        return iter(self.layers)

# %% nbgrader={"grade": true, "grade_id": "test-sequential", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_sequential():
    """Does x pass every layer in order, the gradient in reverse, and can both be done again?"""
    print("🔬 Unit Test: Sequential...")

    classes = {"tanh": Tanh, "sigmoid": Sigmoid, "softmax": Softmax, "flatten": Flatten}
    formulas = {
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
        "flatten": lambda x: x.reshape(x.shape[0], -1),
    }

    def truth(x, kinds):
        for kind in kinds:
            x = formulas[kind](x)
        return x

    def compare(shape, kinds, what=""):
        kinds = kinds.split()
        generator = np.random.default_rng(49)
        x, chain = generator.standard_normal(shape), Sequential(*[classes[kind]() for kind in kinds])
        expected = truth(x, kinds)
        gradient = generator.standard_normal(expected.shape)
        slopes = numeric_gradient(lambda v: np.sum(gradient * truth(v, kinds)), x)
        why = f"{' → '.join(kinds) or 'An empty chain'} on x of shape {shape}{what}"
        for attempt in ("", ", the second time"):
            same(chain(exact(x)), expected, f"{why}: the output is wrong{attempt}. Which layer comes first (4.9)?", 1e-9)
            got = chain.backward(exact(gradient))
            assert isinstance(got, Tensor), f"{why}: backward should return a Tensor, got {type(got).__name__} (4.9)."
            same(got, slopes, f"{why}: the gradient is wrong{attempt}. Who gets the gradient first (4.9)?", 1e-7)
        check_replay(chain.forward, [x], [x / 2], truth(x / 2, kinds), "4.9")

    compare((2, 3), "tanh softmax")
    compare((2, 3), "softmax tanh sigmoid")
    compare((2, 2, 3), "tanh flatten softmax")
    compare((2, 2, 3), "softmax flatten")
    compare((3,), "sigmoid")
    x = exact([[1.0, -2.0]])
    chain = Sequential()
    same(chain(x), x.data, "An empty chain gives x itself (4.9).")
    same(chain.backward(x), x.data, "An empty chain gives the gradient itself (4.9).")
    chain = Sequential(Sequential(Tanh(), Flatten()), Softmax())
    same(chain(exact(np.ones((1, 2, 2)))), np.full((1, 4), 0.25), "A chain in a chain (4.9).")
    same(chain.backward(exact([[1.0, 0.0, 0.0, 0.0]])), np.array([[[3.0, -1.0], [-1.0, -1.0]]]) / 16 / np.cosh(1.0) ** 2,
         "backward through a chain in a chain (4.9).")
    ### BEGIN HIDDEN TESTS
    compare((2, 1, 2, 2), "sigmoid tanh flatten tanh softmax", " (hidden test)")
    compare((4, 1), "flatten sigmoid sigmoid", " (hidden test)")
    compare((2, 3), "", " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Sequential ✓")


test_sequential()

# %% [markdown]
# ### Use it: is the whole right?
# Every piece was tested alone. Now a whole network: central differences for *each* of its numbers against one `backward`. In float32 they
# would be too noisy, so the parameters become float64 first. If a single gradient were wrong, the last line would show it.

# %%
manual_seed(5)
net = Sequential(Flatten(), Linear(6, 5), Tanh(), Sequential([Linear(5, 4), Tanh()]), Linear(4, 2))
for parameter in net.parameters():
    parameter.data = parameter.data.astype(np.float64)
x, pull = exact(randn(3, 2, 3).data), exact(randn(3, 2).data)
net(x)
net.backward(pull)
worst = 0.0
for name, parameter in net.named_tensors().items():
    def loss(array, parameter=parameter):
        parameter.data = array
        return np.sum(pull.data * net(x).data)

    start = parameter.data
    numeric = numeric_gradient(loss, start)
    parameter.data = start
    worst = max(worst, np.abs(numeric - parameter.grad.data).max())
    print(f"{name:12} {parameter.size:3d} numbers, largest gradient {np.abs(numeric).max():6.3f}")
print(f"largest difference between your backward and central differences: {worst:.1e}")

# %% [markdown]
# ### Use it: a model that reads letters
# Four letters of 5 by 5 pixels, and a model for them. Building, counting, saving and loading are a line each, and nobody lists a weight. The file is made in
# memory here; `np.savez("model.npz", ...)` would write it to disk.

# %%
drawn = {
    "T": ["11111", "00100", "00100", "00100", "00100"],
    "L": ["10000", "10000", "10000", "10000", "11111"],
    "X": ["10001", "01010", "00100", "01010", "10001"],
    "O": ["01110", "10001", "10001", "10001", "01110"],
}
letters = Tensor([[[float(pixel) for pixel in row] for row in rows] for rows in drawn.values()])


def make_model(seed):
    """A new model for the letters."""
    manual_seed(seed)
    return Sequential(Flatten(), Linear(25, 16), ReLU(), Dropout(0.2), Linear(16, 4), Softmax())


model, other = make_model(seed=1), make_model(seed=2)
print(model)
print("letters", letters.shape, "→ probabilities", model(letters).shape)
print("parameters:", sum(parameter.size for parameter in model.parameters()))

file = io.BytesIO()
np.savez(file, **model.state_dict())
file.seek(0)
with np.load(file) as state:
    other.load_state_dict(state)
print("loaded:", ", ".join(other.state_dict()))
print("the other model now agrees:", np.array_equal(model.eval()(letters).data, other.eval()(letters).data))
try:
    other.load_state_dict(Linear(25, 16).state_dict())
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# ### See it
# A row a letter, a column an answer. Left and middle: the same model twice while training. Right: after `eval()`. What differs between left and middle,
# and why? Is the largest number of each row where it should be?

# %%
figure, panels = plt.subplots(1, 3, figsize=(7, 2.9), layout="constrained", sharey=True)
for axes, title in zip(panels, ("train(), first call", "train(), second call", "eval()"), strict=True):
    model.train(mode=title != "eval()")
    probabilities = model(letters).data
    image = axes.imshow(probabilities, vmin=0, vmax=0.5, cmap="Blues")
    for (row, column), value in np.ndenumerate(probabilities):
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8)
    axes.set(title=title, xlabel="answer", xticks=range(4), xticklabels=drawn, yticks=range(4), yticklabels=drawn)
panels[0].set_ylabel("letter shown")
figure.colorbar(image, ax=panels, label="probability", shrink=0.7)
plt.show()

# %% [markdown]
# ## What it costs
# For a batch of $N$ samples, `Linear(n, m)` holds $nm + m$ numbers. Forward multiplies $N\,n\,m$ times. Backward makes *two* products of that size, for
# $x$ and for $W$: so learning costs about three times predicting.
#
# And it keeps its input until backward. Which is more in the table: the parameters, or what is saved? What if the batch
# were ten times as large?

# %%
manual_seed(6)
mlp = Sequential(Linear(784, 128), ReLU(), Dropout(0.5), Linear(128, 10))
batch, pull = randn(64, 784), randn(64, 10)
output = mlp(batch)
print("layer            parameters (MB)  saved (MB)  forward (µs)  backward (µs)")
value, steps = batch, []
for layer in mlp:
    steps.append((layer, value))
    value = layer(value)
gradient, backs = pull, []
for layer in reversed(mlp.layers):
    backs.append(time_call(layer.backward, gradient))
    gradient = layer.backward(gradient)
for (layer, value), back in zip(steps, reversed(backs), strict=True):
    held = sum(parameter.data.nbytes for parameter in layer.parameters())
    parts = layer.saved if isinstance(layer.saved, tuple) else (layer.saved,)
    kept = sum(part.nbytes for part in parts if isinstance(part, np.ndarray))
    there = time_call(layer, value)
    print(f"{type(layer).__name__:16} {megabytes(held):15.3f} {megabytes(kept):11.3f} {there * 1e6:13.0f} {back * 1e6:14.0f}")
print(f"multiplications of the first layer, forward: {64 * 784 * 128 / 1e6:.1f} million")

# %% [markdown]
# ## What hurts now
# The model predicts. How wrong is it? The obvious measure counts right answers. Two models, both untrained:

# %%
right = np.arange(4)  # letter k should get answer k
models = {"A": make_model(seed=1).eval(), "B": make_model(seed=2).eval()}
for name, one in models.items():
    probabilities = one(letters).data
    count = np.sum(probabilities.argmax(axis=1) == right)
    print(f"{name}: {count} of 4 right, probabilities of the right letters {np.round(probabilities[right, right], 2)}")

# %% [markdown]
# As many right answers, but are they equally wrong? And learning needs more than a count: it asks of *each* weight which way to move it. So
# move each one a little and count again.

# %%
model, noticed = models["A"], 0
count = np.sum(model(letters).data.argmax(axis=1) == right)
for parameter in model.parameters():
    for index in np.ndindex(*parameter.shape):
        start = parameter.data[index]
        for nudge in (0.001, -0.001):
            parameter.data[index] = start + nudge
            noticed += np.sum(model(letters).data.argmax(axis=1) == right) != count
        parameter.data[index] = start
print(f"{2 * sum(p.size for p in model.parameters())} nudges; the count noticed {noticed} of them")
try:
    model.backward(None)
except TypeError as error:
    print("backward knows no better:", error)

# %% [markdown]
# The count feels nothing, so it points nowhere. `backward` is ready to tell every weight its direction, but it must be started with
# $\partial L / \partial y$, and there is no $L$.
#
# **Next, 05:** one number that says *how* wrong, feels every nudge, and hands `backward` its first gradient.
#
# | layer | saves for backward | gradient for its input | parameters |
# |---|---|---|---|
# | Flatten | the shape | reshaped | none |
# | Linear | its input | $g\,W$ | $W$: yours, $b$: yours |
# | Dropout | shape and mask | $g$ times the mask | none |
# | Sequential | nothing itself | handed on, last layer first | those of its layers |
