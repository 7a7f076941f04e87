"""Module 08 in the reference library: the contract of `core.training`, line by line."""

from __future__ import annotations

import hashlib
import math
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tinytorch_lib.core.activations import ReLU, Tanh
from tinytorch_lib.core.autograd import no_grad
from tinytorch_lib.core.layers import Dropout, Flatten, Layer, Linear, Sequential
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, MSELoss
from tinytorch_lib.core.optimizers import SGD, Adam, AdamW, StepLR
from tinytorch_lib.core.tensor import Tensor, generator, manual_seed, randn
from tinytorch_lib.core.training import (
    Averages,
    Callback,
    CosineAnnealingLR,
    EarlyStopping,
    History,
    Trainer,
    accuracy,
    clip_grad_norm,
    load_digits,
    load_parts,
    pack_states,
    parts_of,
    predicting,
    unpack_states,
)

pytestmark = pytest.mark.m08

POINTS = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
CLASSES = (POINTS.sum(axis=1) > 0).astype(np.int64)
BATCHES = [(POINTS[i : i + 16], CLASSES[i : i + 16]) for i in range(0, 40, 16)]  # 16, 16 and 8


class Shuffled:
    """Batches in a random order that comes from the course's generator."""

    def __iter__(self):
        order = generator().permutation(40)
        return ((POINTS[order[i : i + 16]], CLASSES[order[i : i + 16]]) for i in range(0, 40, 16))

    def __len__(self):
        return 3


class Watched(Layer):
    """One weight, and a note of the mode in every forward."""

    def __init__(self, weight=2.0):
        self.weight = Tensor([weight], requires_grad=True, dtype="float64")
        self.events = []

    def forward(self, x):
        self.events.append("train" if self.training else "eval")
        return x * self.weight


class WatchedSGD(SGD):
    """Notes what is called, into the model's list."""

    def zero_grad(self):
        self.events.append("zero_grad")
        super().zero_grad()

    def step(self):
        self.events.append("step" if self.parameters[0].grad is not None else "step without a gradient")
        super().step()


def make(seed=0, *, optimizer=Adam, scheduler=True, width=8, dropout=0.3):
    """A small classifier with dropout and its Trainer."""
    manual_seed(seed)
    model = Sequential(Linear(3, width), Tanh(), Dropout(dropout), Linear(width, 2))
    moves = optimizer(model.parameters(), lr=0.05)
    return Trainer(model, moves, CrossEntropyLoss(), StepLR(moves, 2, 0.5) if scheduler else None, 1.0)


def everything(trainer) -> dict:
    """All that a Trainer's next step depends on, as bytes."""
    return {name: array.tobytes() for name, array in pack_states(trainer.states()).items()}


# --- data -------------------------------------------------------------------------------------------------------------


def test_digits_are_those_of_the_uci_repository() -> None:
    images, labels = load_digits()
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((1797, 1, 8, 8), np.uint8, (1797,), np.int64)
    digest = hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
    assert digest == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    images[...] = 0
    assert load_digits()[0].any()


# --- accuracy ---------------------------------------------------------------------------------------------------------


@given(arrays.arrays(np.float32, st.tuples(*[st.integers(1, 5)] * 3), elements=st.floats(-9, 9, width=32)), st.data())
def test_accuracy_counts(logits, data) -> None:
    targets = data.draw(arrays.arrays(np.int64, logits.shape[:-1], elements=st.integers(0, logits.shape[-1] - 1)))
    right = [logits[index].tolist().index(max(logits[index])) == targets[index] for index in np.ndindex(targets.shape)]
    got = accuracy(Tensor(logits), Tensor(targets))
    assert type(got) is float
    assert got == pytest.approx(sum(right) / len(right))


@pytest.mark.parametrize(
    ("logits", "targets", "what"),
    [
        (np.zeros((3, 2)), np.zeros((3, 1), int), r"\(3, 2\) and \(3, 1\)"),
        (np.zeros((3, 2)), np.zeros(2, int), r"\(3, 2\) and \(2,\)"),
        (np.zeros((0, 2)), np.zeros(0, int), r"at least one answer.*\(0, 2\)"),
        (np.zeros(()), np.zeros((), int), r"\(\) and \(\)"),
        (np.zeros((3, 2)), [0, 1, 2], r"classes from 0 to 1, got 0 to 2"),
        (np.zeros((3, 2)), [1, -1, 1], r"classes from 0 to 1, got -1 to 1"),
        (np.zeros((1, 0)), [0], r"at least one answer.*\(1, 0\)"),
    ],
)
def test_accuracy_refuses(logits, targets, what) -> None:
    with pytest.raises(ValueError, match=what):
        accuracy(logits, targets)


@pytest.mark.parametrize("targets", [[0.0, 1.0], [True, False], ["0", "1"]])
def test_accuracy_wants_integers(targets) -> None:
    with pytest.raises(TypeError, match="targets must be integers"):
        accuracy(np.zeros((2, 2)), targets)


# --- clipping: PyTorch 2.13's numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("max_norm", "expected"),
    [
        (0.5, [0.0439799465, -0.0879598930, 0.0879598930, 0.1759197861, 0.4397994578, -0.0219899733, 0.0879598930]),
        (5.0, [0.4397994578, -0.8795989156, 0.8795989156, 1.7591978312, 4.3979945183, -0.2198997289, 0.8795989156]),
        (100.0, [1.0, -2.0, 2.0, 4.0, 10.0, -0.5, 2.0]),
    ],
)
def test_clipping_as_pytorch(max_norm, expected) -> None:
    parameters = [Tensor(np.zeros((2, 2)), True), Tensor([1.0], True), Tensor(np.zeros(3), True)]
    parameters[0].grad, parameters[2].grad = Tensor([[1.0, -2.0], [2.0, 4.0]]), Tensor([10.0, -0.5, 2.0])
    got = clip_grad_norm((parameter for parameter in parameters), max_norm)
    assert type(got) is float
    assert got == pytest.approx(11.3688173294)
    found = np.concatenate([parameters[0].grad.data.ravel(), parameters[2].grad.data])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32
    assert parameters[1].grad is None


@pytest.mark.parametrize(
    ("max_norm", "error"),
    [(0, ValueError), (-1.0, ValueError), (math.inf, ValueError), (math.nan, ValueError), ("1", TypeError)],
)
def test_clipping_refuses_a_wrong_limit(max_norm, error) -> None:
    with pytest.raises(error, match="max_norm"):
        clip_grad_norm([], max_norm)


def test_clipping_refuses_one_tensor_and_leaves_bad_gradients() -> None:
    parameters = [Tensor([1.0], True), Tensor([1.0], True)]
    with pytest.raises(TypeError, match="list of Tensors"):
        clip_grad_norm(parameters[0], 1.0)
    parameters[0].grad, parameters[1].grad = Tensor([5.0]), Tensor([math.inf])
    with pytest.raises(ValueError, match="norm is inf"):
        clip_grad_norm(parameters, 1.0)
    assert parameters[0].grad.data == [5.0]


# --- the schedule: PyTorch 2.13's numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "total", "minimum", "expected"),
    [
        (0.1, 5, 0.0, [0.090450849719, 0.065450849719, 0.034549150281, 0.009549150281, 0.0, 0.009549150281,
                       0.034549150281, 0.065450849719, 0.090450849719, 0.1, 0.090450849719, 0.065450849719]),
        (0.3, 7, 0.05, [0.287621108488, 0.252936225232, 0.202815116745, 0.147184883255, 0.097063774768, 0.062378891512,
                        0.05]),
        (1.0, 1, 0.2, [0.2, 1.0, 0.2, 1.0]),
    ],
)  # fmt: skip
def test_cosine_as_pytorch(rate, total, minimum, expected) -> None:
    optimizer = SGD([Tensor([1.0], True)], rate)
    schedule = CosineAnnealingLR(optimizer, total_steps=total, minimum=minimum)
    rates = []
    for _ in expected:
        schedule.step()
        rates.append(schedule.get_lr())
    np.testing.assert_allclose(rates, expected, atol=1e-12)
    assert schedule.get_last_lr() == [optimizer.learning_rate]


def test_cosine_goes_on_where_it_was_saved() -> None:
    first = CosineAnnealingLR(SGD([Tensor([1.0], True)], 0.8), 10, 0.1)
    for _ in range(4):
        first.step()
    second = CosineAnnealingLR(SGD([Tensor([1.0], True)], 55.0), 3)
    second.load_state_dict(first.state_dict())
    first.step()
    second.step()
    assert first.get_lr() == second.get_lr()


@pytest.mark.parametrize("options", [{"total_steps": 0}, {"total_steps": 2.5}, {"total_steps": 3, "minimum": -0.1}])
def test_cosine_refuses(options) -> None:
    with pytest.raises(ValueError, match=r"total_steps|minimum"):
        CosineAnnealingLR(SGD([Tensor([1.0], True)]), **options)
    with pytest.raises(TypeError, match="optimizer"):
        CosineAnnealingLR(None, 3)


# --- fit: exact numbers, order, modes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("as_tensors", [False, True])
def test_fit_is_gradient_descent_to_the_digit(as_tensors) -> None:
    data = [([1.0, 2.0], [3.0, 3.0]), ([0.5, -1.0, 4.0], [1.0, 0.0, 2.0])]
    if as_tensors:
        data = [(Tensor(x), Tensor(t)) for x, t in data]
    model = Watched()
    trainer = Trainer(model, SGD(model.parameters(), 0.02, momentum=0.5), MSELoss())
    history = trainer.fit(data, epochs=3, quiet=True)
    weight, velocity, losses = 2.0, 0.0, []
    for _ in range(3):
        total = 0.0
        for x, t in [[np.asarray(part, dtype=np.float64) for part in pair] for pair in data]:
            total += np.sum((weight * x - t) ** 2)
            velocity = 0.5 * velocity + np.mean(2 * (weight * x - t) * x)
            weight -= 0.02 * velocity
        losses.append(total / 5)
    np.testing.assert_allclose(model.weight.data, [weight], rtol=1e-12)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-12)
    assert list(history.metrics) == ["loss", "learning_rate"]
    assert history["learning_rate"] == [0.02] * 3


def test_order_of_calls_and_modes() -> None:
    model = Watched()
    optimizer = WatchedSGD(model.parameters(), 0.01)
    optimizer.events = model.events
    trainer = Trainer(model, optimizer, MSELoss(), StepLR(optimizer, 1, 0.5))
    model.eval()
    seen = []
    trainer.fit(
        [([1.0], [1.0])],
        [([1.0], [1.0])],
        epochs=2,
        quiet=True,
        callbacks=[lambda t, m: seen.append((t.epoch, dict(m)))],
    )
    assert [event for event in model.events if event != "zero_grad"] == ["train", "step", "eval"] * 2
    assert model.events.count("zero_grad") == 2
    assert [epoch for epoch, _ in seen] == [1, 2]
    assert [metrics["learning_rate"] for _, metrics in seen] == [0.01, 0.005]
    assert list(seen[0][1]) == ["loss", "learning_rate", "validation_loss"]
    assert optimizer.learning_rate == 0.0025
    assert not model.training, "the model was in eval() before fit, so it is afterwards"


def test_modes_of_single_parts_survive_fit_and_evaluate() -> None:
    trainer = make()
    trainer.model[2].training = False
    before = [part.training for part in parts_of(trainer.model)]
    trainer.fit(BATCHES, BATCHES, quiet=True)
    trainer.evaluate(BATCHES)
    assert [part.training for part in parts_of(trainer.model)] == before
    assert before == [True, True, True, False, True]


def test_evaluate_is_the_mean_over_all_targets_without_dropout_or_graph() -> None:
    trainer = make(dropout=0.9)
    before, calls = everything(trainer), []
    loss_fn = CrossEntropyLoss()
    trainer.loss_fn = lambda outputs, targets: calls.append(outputs.requires_grad) or loss_fn(outputs, targets)
    got = trainer.evaluate(BATCHES)
    with predicting(trainer.model):
        logits = trainer.model(POINTS)
    assert calls == [False] * 3
    assert got == pytest.approx(
        {"loss": loss_fn(logits, CLASSES).item(), "accuracy": accuracy(logits, CLASSES)}, rel=1e-6
    )
    assert everything(trainer) == before, "evaluating changes nothing, the generator included"
    assert trainer.model.training


def test_accuracy_only_for_classes() -> None:
    manual_seed(0)
    model = Sequential(Linear(3, 1), Flatten())
    trainer = Trainer(model, SGD(model.parameters()), MSELoss())
    assert list(trainer.evaluate([(POINTS, CLASSES[:, None])])) == ["loss"]
    trainer.loss_fn = lambda outputs, targets: BinaryCrossEntropyLoss()(outputs.clip(0.1, 0.9), targets)
    assert list(trainer.evaluate([(POINTS, CLASSES[:, None])])) == ["loss"]


def test_training_learns_with_everything_switched_on() -> None:
    trainer = make(dropout=0.1)
    history = trainer.fit(BATCHES, BATCHES, epochs=30, quiet=True)
    assert history is trainer.history
    assert (len(history), trainer.epoch) == (30, 30)
    assert history["validation_accuracy"][-1] > 0.9
    trainer.fit(BATCHES, epochs=2, quiet=True)
    assert len(history) == 32
    assert math.isnan(history["validation_loss"][-1])


def test_clipping_bounds_the_step() -> None:
    model = Watched(5.0)
    trainer = Trainer(model, SGD(model.parameters(), 1.0), MSELoss(), grad_clip=0.25)
    trainer.fit([([100.0], [0.0])], quiet=True)
    assert model.weight.data[0] == pytest.approx(5.0 - 0.25)


def test_a_loader_is_told_the_epoch() -> None:
    class Loader:
        epoch = 0

        def __iter__(self):
            asked.append(self.epoch)
            self.epoch += 1
            return iter(BATCHES)

    asked, loader, trainer = [], Loader(), make()
    trainer.fit(loader, epochs=2, quiet=True)
    loader.epoch = 77
    trainer.fit(loader, epochs=2, quiet=True)
    assert asked == [0, 1, 2, 3]


def test_progress_is_one_line_and_can_be_silent(capsys) -> None:
    make().fit(BATCHES, BATCHES, epochs=3)
    out, err = capsys.readouterr()
    assert out.endswith("\n")
    assert out.count("\n") == 1
    assert out.split("\r")[-1].startswith(f"[{'#' * 20}] epoch 3/3  loss 0.")
    assert err == ""
    make().fit(batch for batch in BATCHES)  # no length
    assert f"[{'#' * 20}] epoch 1/1" in capsys.readouterr().out
    make().fit(BATCHES, quiet=True)
    assert capsys.readouterr() == ("", "")


# --- callbacks --------------------------------------------------------------------------------------------------------


def test_a_callback_stops_and_all_are_called() -> None:
    log = []

    class Watcher(Callback):
        def start(self, trainer):
            log.append(("start", trainer.epoch))

        def __call__(self, trainer, _metrics):
            log.append(("epoch", trainer.epoch))

        def finish(self, trainer):
            log.append(("finish", trainer.epoch))

    trainer = make()
    trainer.fit(BATCHES, epochs=9, callbacks=[lambda t, _: t.epoch == 2, Watcher()], quiet=True)
    assert log == [("start", 0), ("epoch", 1), ("epoch", 2), ("finish", 2)]
    assert trainer.epoch == 2


def early(values, restore_best=True, **options):
    """Train while the validation loss is what we say; which epochs were done, and the weight afterwards."""
    model = Watched()
    trainer, values = Trainer(model, SGD(model.parameters(), 0.01), MSELoss()), list(values)
    stopping = EarlyStopping(restore_best=restore_best, **options)
    trainer.evaluate = lambda _: {"loss": values[trainer.epoch], "accuracy": values[trainer.epoch]}
    weights = []
    trainer.fit(
        [([1.0], [0.0])],
        [None],
        len(values),
        [lambda *_: weights.append(model.weight.data[0]) or False, stopping],
        True,
    )
    return stopping, weights, model.weight.data[0]


def test_early_stopping_gives_the_best_weights_back() -> None:
    stopping, weights, last = early([3.0, 1.0, 2.0, 1.5, 0.5], patience=2)
    assert (len(weights), stopping.best_epoch, stopping.best) == (4, 2, 1.0)
    assert last == weights[1]
    stopping, weights, last = early([3.0, 1.0, 2.0], patience=5)
    assert last == weights[1], "the best weights come back also when the epochs run out"
    stopping, weights, last = early([3.0, 1.0, 2.0, 1.5, 0.5], restore_best=False, patience=2)
    assert (len(weights), last) == (4, weights[-1])


def test_early_stopping_on_accuracy_and_twice() -> None:
    options = {"monitor": "validation_accuracy", "larger_is_better": True}
    stopping, weights, last = early([0.5, 0.75, 0.75, 0.7, 0.9], patience=2, **options)
    assert (len(weights), stopping.best_epoch, last) == (4, 2, weights[1])
    trainer = make()
    trainer.fit(BATCHES, BATCHES, 2, [stopping], quiet=True)
    assert stopping.best_epoch in (1, 2), "a new fit starts from the beginning"


def test_early_stopping_refuses() -> None:
    with pytest.raises(ValueError, match=r"watches 'validation_loss'.*no validation"):
        make().fit(BATCHES, callbacks=[EarlyStopping()], quiet=True)
    for options in ({"patience": 0}, {"patience": 1.5}, {"min_delta": -1.0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            EarlyStopping(**options)


# --- what is refused, and what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 3])
def test_no_data(epochs) -> None:
    trainer = make()
    before = everything(trainer)
    used_up = iter(BATCHES)
    list(used_up)
    for train in ([], used_up):
        with pytest.raises(ValueError, match=r"train (has no batches|is an iterator)"):
            trainer.fit(train, epochs=epochs, quiet=True)
    with pytest.raises(ValueError, match="no batches"):
        trainer.fit(BATCHES, validation=[], quiet=True)
    with pytest.raises(ValueError, match="used up"):
        trainer.evaluate(used_up)
    assert everything(trainer) == before


def test_an_iterator_serves_one_epoch_only() -> None:
    trainer = make()
    with pytest.raises(ValueError, match=r"validation is an iterator .*2 are asked"):
        trainer.fit(BATCHES, zip(*zip(*BATCHES, strict=True), strict=True), epochs=2, quiet=True)
    assert trainer.epoch == 0
    trainer.fit(iter(BATCHES), iter(BATCHES), quiet=True)
    assert trainer.epoch == 1


@pytest.mark.parametrize(
    ("batch", "error", "what"),
    [
        (POINTS, TypeError, "got a ndarray"),
        ((POINTS,), TypeError, "got 1 of them"),
        ((POINTS, CLASSES, CLASSES), TypeError, "got 3 of them"),
        ((POINTS, CLASSES[:39]), ValueError, r"\(40, 3\) and \(39,\)"),
        ((POINTS[:0], CLASSES[:0]), ValueError, r"at least one sample.*\(0, 3\)"),
        ((POINTS, CLASSES + 1), ValueError, "2"),
        ((POINTS[:, :2], CLASSES), ValueError, "2"),
    ],
)
def test_a_wrong_batch_leaves_all_as_it_was(batch, error, what) -> None:
    trainer = make()
    trainer.fit(BATCHES, epochs=2, quiet=True)
    before = everything(trainer)
    with pytest.raises(error, match=what):
        trainer.fit([*BATCHES, batch], quiet=True)
    assert everything(trainer) == before
    assert trainer.model.training


@pytest.mark.parametrize("epochs", [0, -1, 1.5, "3"])
def test_epochs_are_a_number_from_one(epochs) -> None:
    with pytest.raises((ValueError, TypeError), match="epochs"):
        make().fit(BATCHES, epochs=epochs)


@pytest.mark.parametrize("data", [None, 7])
def test_train_must_be_data(data) -> None:
    with pytest.raises(TypeError, match="train must give pairs"):
        make().fit(data)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number(bad) -> None:
    trainer = make()
    trainer.fit(BATCHES, epochs=2, quiet=True)
    before = everything(trainer)
    poisoned = [BATCHES[0], (np.full_like(BATCHES[1][0], bad), BATCHES[1][1])]
    with pytest.raises(ValueError, match=r"the loss is nan in step 8 \(epoch 3, batch 2\).*end of epoch 2"):
        trainer.fit(poisoned, quiet=True)
    assert everything(trainer) == before
    assert trainer.model.training
    trainer.fit(BATCHES, quiet=True)
    assert trainer.epoch == 3


def test_weights_and_gradients_that_overflow() -> None:
    model = Watched(1e300)
    trainer = Trainer(model, SGD(model.parameters(), 1e10), lambda outputs, targets: (outputs * 1e300 - targets).mean())
    trainer.optimizer.learning_rate = 1e300
    model.weight.data[...] = 1.0
    with pytest.raises(ValueError, match=r"a weight is nan or infinite in step 1 \(epoch 1, batch 1\)"):
        trainer.fit([(Tensor([1e8], dtype="float64"), Tensor([0.0], dtype="float64"))], quiet=True)
    assert model.weight.data.tolist() == [1.0]
    trainer.grad_clip = 1.0
    trainer.loss_fn = lambda outputs, _: (outputs * 1e-300).mean() * 1e300 * 1e300
    with pytest.raises(ValueError, match="is inf in step 1"):
        trainer.fit([(Tensor([1e8], dtype="float64"), Tensor([0.0], dtype="float64"))], quiet=True)
    assert model.weight.data.tolist() == [1.0]


def test_an_interrupt_leaves_the_last_whole_epoch() -> None:
    trainer = make()

    class Interrupted:
        def __iter__(self):
            yield BATCHES[0]
            raise KeyboardInterrupt

    trainer.fit(BATCHES, quiet=True)
    before = everything(trainer)
    trainer.model.eval()
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(Interrupted(), quiet=True)
    assert everything(trainer) == before
    assert not trainer.model.training


def test_parts_that_do_not_belong_together() -> None:
    model, other = Linear(2, 1), Linear(2, 1)
    optimizer, loss = SGD(model.parameters()), MSELoss()
    for arguments, what in [
        ((len, optimizer, loss), "model"),
        ((model, None, loss), "optimizer"),
        ((model, optimizer, 3), "loss_fn"),
        ((model, optimizer, loss, len), "scheduler"),
        ((model, optimizer, loss, None, "1"), "grad_clip"),
    ]:
        with pytest.raises(TypeError, match=what):
            Trainer(*arguments)
    for arguments, what in [
        ((other, optimizer, loss), "2 of the optimizer's 2 parameters are not the model's"),
        ((model, optimizer, loss, StepLR(SGD(other.parameters()), 1)), "another optimizer"),
        ((model, optimizer, loss, None, 0), "grad_clip"),
        ((model, optimizer, loss, None, -1.0), "grad_clip"),
    ]:
        with pytest.raises(ValueError, match=what):
            Trainer(*arguments)
    Trainer(model, SGD(model.parameters()[:1]), loss)  # some of the parameters may stay


# --- checkpoints ------------------------------------------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": SGD,
    "momentum": lambda p, lr: SGD(p, lr, momentum=0.9, weight_decay=0.01),
    "adam": Adam,
    "adamw": AdamW,
}
SCHEDULES = {"none": None, "stairs": lambda o: StepLR(o, 2, 0.5), "cosine": lambda o: CosineAnnealingLR(o, 7, 0.001)}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resume_is_exact_to_the_bit(tmp_path, optimizer, schedule) -> None:
    def build(seed):
        manual_seed(seed)
        model = Sequential(Linear(3, 8), ReLU(), Dropout(0.4), Linear(8, 2))
        moves = OPTIMIZERS[optimizer](model.parameters(), lr=0.05)
        plan = SCHEDULES[schedule]
        return Trainer(model, moves, CrossEntropyLoss(), plan and plan(moves), grad_clip=0.5)

    straight = build(0)
    straight.fit(Shuffled(), BATCHES, epochs=7, quiet=True)
    end = everything(straight)

    first = build(0)
    first.fit(Shuffled(), BATCHES, epochs=3, quiet=True)
    first.save(tmp_path / "c.npz")
    randn(5)  # what others draw meanwhile
    second = build(1)
    second.load(tmp_path / "c.npz")
    assert (second.epoch, second.history.metrics) == (3, first.history.metrics)
    second.fit(Shuffled(), BATCHES, epochs=4, quiet=True)
    assert everything(second) == end
    generator().bit_generator.advance(3)
    assert everything(second) != end, "the comparison would see another state of the generator"


def test_a_checkpoint_is_plain_arrays_under_exactly_that_name(tmp_path) -> None:
    trainer = make()
    trainer.fit(BATCHES, quiet=True)
    path = tmp_path / "no-suffix"
    trainer.save(str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["no-suffix"]
    with np.load(path, allow_pickle=False) as file:
        names = set(file.files)
        assert all(file[name].dtype.kind in "iufU" for name in names)
    assert {
        "model/0.weight",
        "optimizer/first_moment.0",
        "scheduler/step_count",
        "trainer/epoch",
        "trainer/generator",
    } <= names


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch) -> None:
    trainer, path = make(), tmp_path / "c.npz"
    trainer.save(path)
    old = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="disk full"):
        trainer.save(path)
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == ["c.npz"]
    with pytest.raises(FileNotFoundError):
        trainer.save(tmp_path / "no" / "folder.npz")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"width": 5}, r"0\.weight \(8, 3\), expected \(5, 3\)"),
        ({"optimizer": AdamW}, "optimizer is Adam, expected AdamW"),
        ({"optimizer": SGD}, "optimizer is Adam, expected SGD"),
        ({"scheduler": False}, "expected a checkpoint of model, optimizer, got one of model, optimizer, scheduler"),
    ],
)
def test_a_checkpoint_from_another_training(tmp_path, options, what) -> None:
    saved = make()
    saved.fit(BATCHES, quiet=True)
    saved.save(tmp_path / "c.npz")
    trainer = make(seed=5, **options)
    trainer.fit(BATCHES, epochs=2, quiet=True)
    before = everything(trainer)
    with pytest.raises(ValueError, match=what) as caught:
        trainer.load(tmp_path / "c.npz")
    assert "c.npz does not fit this Trainer, nothing was loaded" in str(caught.value)
    assert everything(trainer) == before


def test_another_activation_or_a_missing_scheduler_is_another_training(tmp_path) -> None:
    saved = make(scheduler=False)
    saved.save(tmp_path / "c.npz")
    with pytest.raises(ValueError, match="scheduler is none, expected StepLR"):
        make().load(tmp_path / "c.npz")
    model = Sequential(Linear(3, 8), ReLU(), Dropout(0.3), Linear(8, 2))
    with pytest.raises(ValueError, match=r"1 Tanh.*expected.*1 ReLU"):
        Trainer(model, Adam(model.parameters()), CrossEntropyLoss()).load(tmp_path / "c.npz")


def damage(path, how):
    whole = path.read_bytes()
    if how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("no checkpoint")
    elif how == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "page":
        path.write_text("<html>404</html>")
    elif how == "flipped":
        path.write_bytes(whole[:200] + bytes([whole[200] ^ 255]) + whole[201:])
    elif how == "pickle":
        path.write_bytes(pickle.dumps({"a": 1}))
    elif how == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        with np.load(path) as file:
            content = dict(file)
        np.savez(path, **changed(content, how))


def changed(content, how):
    """The arrays of a checkpoint, of which some are missing or wrong."""
    other = {
        "objects": {"model/0.weight": np.array([{}], dtype=object)},
        "epoch": {"trainer/epoch": np.array(-1)},
        "history": {"history/loss": np.zeros((2, 2))},
    }
    lost = {"no trainer": "trainer/", "no generator": "trainer/generator", "nothing": ""}
    if how in lost:
        return {name: value for name, value in content.items() if not name.startswith(lost[how])}
    return {**content, **other[how]}


@pytest.mark.parametrize(
    "how",
    [
        "empty",
        "text",
        "truncated",
        "page",
        "flipped",
        "pickle",
        "one array",
        "objects",
        "no trainer",
        "no generator",
        "epoch",
        "history",
        "nothing",
    ],
)
def test_a_damaged_checkpoint_changes_nothing(tmp_path, how) -> None:
    saved, path = make(), tmp_path / "c.npz"
    saved.fit(BATCHES, quiet=True)
    saved.save(path)
    damage(path, how)
    trainer = make(seed=3)
    trainer.fit(BATCHES, epochs=2, quiet=True)
    before = everything(trainer)
    with pytest.raises(ValueError, match=r"c\.npz (is no checkpoint|does not fit)") as caught:
        trainer.load(path)
    assert "load it unsafely" not in str(caught.value)  # numpy's advice for what it takes for a pickle
    assert everything(trainer) == before


def test_a_missing_file_is_a_missing_file(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        make().load(tmp_path / "none.npz")


def test_the_file_is_a_zip_of_npy(tmp_path) -> None:
    make().save(tmp_path / "c.npz")
    assert all(name.endswith(".npy") for name in zipfile.ZipFile(tmp_path / "c.npz").namelist())


@given(
    st.dictionaries(
        st.text("abc.", min_size=1, max_size=3),
        st.dictionaries(st.text("ab./0", max_size=4), st.integers(-5, 5), min_size=1, max_size=3),
        max_size=4,
    )
)
def test_packing_can_be_undone(states) -> None:
    back = unpack_states(pack_states(states))
    assert {part: {name: int(value) for name, value in state.items()} for part, state in back.items()} == states


def test_load_parts_needs_the_same_names() -> None:
    layer = Linear(1, 1)
    with pytest.raises(ValueError, match="expected a checkpoint of model, got one of nothing"):
        load_parts({"model": layer}, {})


# --- means and history ------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), min_size=1, max_size=6))
def test_averages_are_the_mean_of_all(groups) -> None:
    averages = Averages()
    for group in groups:
        averages.add({"x": math.fsum(group) / len(group)}, len(group))
    together = [value for group in groups for value in group]
    assert averages.result()["x"] == pytest.approx(math.fsum(together) / len(together), abs=1e-9)


class Axes:
    """Stands for matplotlib's: notes what is drawn."""

    def __init__(self):
        self.lines, self.texts, self.legends = [], {}, 0

    def plot(self, x, y, style, label):
        self.lines.append((list(x), list(y), style, label))

    def set(self, **texts):
        self.texts.update(texts)

    def legend(self):
        self.legends += 1


def test_history() -> None:
    history = History()
    assert len(history) == 0
    history.append({"loss": 2.0})
    history.append({"loss": 1.0, "validation_loss": 1.5})
    history.append({"validation_loss": 1.25})
    assert len(history) == 3
    np.testing.assert_array_equal(history["loss"], [2.0, 1.0, math.nan])
    np.testing.assert_array_equal(history["validation_loss"], [math.nan, 1.5, 1.25])
    with pytest.raises(KeyError, match=r"accuracy.*loss, validation_loss"):
        history["accuracy"]
    assert repr(history).startswith("History(3 epochs: loss nan, validation_loss 1.25")
    axes = Axes()
    history.plot(axes)
    assert [(x, label) for x, _, _, label in axes.lines] == [([1, 2, 3], "loss"), ([1, 2, 3], "validation loss")]
    assert (axes.texts, axes.legends) == ({"xlabel": "epoch", "ylabel": "loss"}, 1)
    with pytest.raises(ValueError, match="no metric 'accuracy' to plot"):
        history.plot(Axes(), "accuracy")


def test_predicting_inside_no_grad_and_on_errors() -> None:
    model = make().model
    with no_grad():
        with pytest.raises(RuntimeError), predicting(model):
            assert not model.training
            raise RuntimeError
        assert not (model[0].weight * 1).requires_grad
    assert model.training
    assert (model[0].weight * 1).requires_grad
