"""What the class gets wrong, module by module: small, ordinary mistakes."""

from __future__ import annotations

from dataclasses import dataclass

from tito.demo.answers import Answers
from tito.errors import SourceError

__all__ = ["FAULTS", "Fault", "Faults"]


@dataclass(frozen=True)
class Fault:
    """One mistake in the solution cell `hole`.

    `text` stands at the cell's end, so a function there takes the place of the right one above it, and nothing here
    depends on how the reference is written.
    """

    hole: str
    text: str
    says: str

    def cell(self, answers: Answers) -> str:
        """The solution cell with the mistake.

        Raises:
            SourceError: the module has no such hole any more.
        """
        if self.hole not in answers.solutions:
            raise SourceError(
                f"source/{answers.module}.py has no solution cell {self.hole!r}; tito/demo/faults.py must name one "
                "that it has (nothing was graded)"
            )
        return f"{answers.solutions[self.hole]}\n\n\n{self.text}"


@dataclass(frozen=True)
class Faults:
    """One module's share. No other hole's tests depend on these holes, so that each costs its own points only."""

    wrong: Fault | None
    """A function that does not do what it should; None where this student is right."""
    credited: tuple[str, ...]
    """Graded cells that fail with the wrong library of the module before; their points must be given all the same."""
    syntax: Fault
    edited: Fault
    """Wrong too, but the student changed its locked test so that it passes."""
    deleted: str
    """A rightly solved hole whose locked test the student deleted."""
    unsolved: str
    """A hole left empty, its locked test deleted with it."""


_BRACKET = 'print("tried it by hand, looks right"'

FAULTS = {
    "01_setup": Faults(
        wrong=Fault(
            "median",
            "def median(values):\n    return sorted(values)[len(values) // 2]",
            "the median of an even count is not averaged",
        ),
        credited=(),
        syntax=Fault("add-lists", _BRACKET, "a bracket is missing"),
        edited=Fault(
            "megabytes",
            "def megabytes(number_of_bytes):\n    return number_of_bytes / 1024**2",
            "a megabyte taken as 1024 squared bytes",
        ),
        deleted="median",
        unsolved="array-memory",
    ),
    "02_tensor": Faults(
        wrong=Fault(
            "reductions",
            "def max_kernel(a, axis=None, keepdims=False):\n    return np.max(a, axis=axis)",
            "the maximum forgets keepdims",
        ),
        credited=(),
        syntax=Fault("broadcast-shapes", _BRACKET, "a bracket is missing"),
        edited=Fault(
            "elementwise",
            "def div_kernel(a, b):\n    return a // b",
            "division rounds down",
        ),
        deleted="matmul",
        unsolved="broadcast-shapes",
    ),
    "03_activations": Faults(
        wrong=None,
        credited=("test-softmax",),  # it needs the maximum with keepdims
        syntax=Fault("backward-through", _BRACKET, "a bracket is missing"),
        edited=Fault(
            "gelu-backward",
            "def gelu_backward(gradient, x):\n    return gradient * 0.5",
            "a slope that holds only at 0",
        ),
        deleted="relu",
        unsolved="softmax-backward",
    ),
}
