"""An audit's findings for people."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tito.audit.result import AuditResult, MutantResult

__all__ = ["print_report"]

LINES_SHOWN = 3


def print_report(result: AuditResult, console: Console) -> None:
    """Write the findings to `console`: survivors and empty holes first, then the summary and the verdict."""
    for survivor in result.survivors:
        _print_survivor(survivor, result, console)
    _print_holes(result, console)
    console.print(_summary(result))
    for problem in result.problems:
        console.print(f"[red]✗[/] {escape(problem)}", soft_wrap=True)
    if result.passed:
        console.print(f"{result.module} grades rightly.")


def _print_survivor(survivor: MutantResult, result: AuditResult, console: Console) -> None:
    mutant = survivor.mutant
    console.print(f"[bold]{result.source}:{survivor.line}[/] {escape(mutant.id)}", soft_wrap=True)
    for sign, colour, text in (("-", "red", mutant.original), ("+", "green", mutant.mutated)):
        for line in _shortened(text):
            console.print(f"  [{colour}]{sign} {escape(line)}[/]", soft_wrap=True)
    reached = ", ".join(survivor.reached_by)
    what = f"reached by {reached}, noticed by none" if reached else "no graded cell executes it"
    console.print(f"  {escape(what)}; ran: {escape(', '.join(survivor.ran)) or 'none'}\n", soft_wrap=True)


def _shortened(text: str) -> list[str]:
    lines = text.split("\n")
    return lines if len(lines) <= LINES_SHOWN else [*lines[:LINES_SHOWN], f"… {len(lines) - LINES_SHOWN} more lines"]


def _print_holes(result: AuditResult, console: Console) -> None:
    table = Table(title="Left empty, one at a time", title_justify="left")
    table.add_column("hole")
    table.add_column("line", justify="right")
    table.add_column("loses points in")
    for hole in result.holes:
        table.add_row(escape(hole.name), str(hole.line), ", ".join(hole.noticed_by) or "[red]nothing[/]")
    console.print(table)


def _summary(result: AuditResult) -> Table:
    limits, mega = result.limits, 1024 * 1024
    alone = sum(result.untouched_alone.values())
    right = sum(not alternative.lost for alternative in result.alternatives)
    agreeing = "all agree" if not result.disagreements else f"{len(result.disagreements)} cells differ"
    table = Table(title=result.module, title_justify="left", show_header=False)
    table.add_row("points", f"{result.maximum:g}")
    table.add_row("untouched release", f"{result.untouched:g} points; each graded cell alone: {alone:g}")
    table.add_row(
        "mutants",
        f"{result.killed} of {len(result.mutants)} lose points, {len(result.equivalents)} equivalent, "
        f"{len(result.survivors)} survive: {result.score:.1%} (at least {limits.mutation_score:.0%})",
    )
    table.add_row("right alternatives", f"{right} of {len(result.alternatives)} earn everything")
    table.add_row(f"{len(result.seeds)} hash and random seeds", agreeing)
    table.add_row("whole notebook, time", f"{result.cost.cpu_seconds:.1f} s (at most {limits.seconds:g} s)")
    table.add_row(
        "whole notebook, memory",
        f"{result.cost.memory / mega:.0f} MB (at most {limits.memory / mega:.0f} MB)",
    )
    table.add_row("this audit", f"{result.seconds:.0f} s")
    return table
