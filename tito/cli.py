"""The `tito` command. Each verb imports what it needs when it runs, so that `tito --help` is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tito.errors import TitoError

__all__ = ["app", "main"]

app = typer.Typer(
    name="tito",
    help="The course's tools: make and check its notebooks, build the library, test and grade.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Which = Annotated[str | None, typer.Argument(metavar="MODULE", help="06, optimizers or 06_optimizers.")]
WhichOption = Annotated[str | None, typer.Option("--module", "-m", metavar="MODULE", help="The same, as an option.")]
Student = Annotated[str | None, typer.Option("--student", help="Only this student.")]


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and an exit code."""
    try:
        app()
    except TitoError as error:
        typer.echo(f"tito: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("tito: interrupted; what was finished is kept", err=True)
        sys.exit(130)


@app.command()
def notebooks() -> None:
    """Make source/NN_name/NN_name.ipynb from source/NN_name.py."""
    from tito.commands import authoring

    authoring.notebooks()


@app.command()
def lib() -> None:
    """Make the reference tinytorch_lib from source/."""
    from tito.commands import authoring

    authoring.lib()


@app.command()
def release(
    module: Which = None,
    module_option: WhichOption = None,
    publish: Annotated[bool, typer.Option("--publish", help="Also put it where students fetch it.")] = False,
) -> None:
    """Make what students get, from the current source; all modules, or one."""
    from tito.commands import authoring

    authoring.release(module or module_option, publish)


@app.command("format")
def format_sources() -> None:
    """Normalise the headers and spacing of source/*.py."""
    from tito.commands import authoring

    authoring.format_sources()


@app.command()
def check() -> None:
    """Are generated files up to date, metadata and points right, no solution given away? Writes nothing."""
    from tito.commands import authoring

    authoring.check()


@app.command()
def audit(
    module: Which = None,
    module_option: WhichOption = None,
    json: Annotated[bool, typer.Option("--json", help="Results for machines.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes side by side.")] = 2,
) -> None:
    """Does the assignment grade rightly? Untouched earns 0, faults lose points, right alternatives earn all."""
    from tito.commands.context import one_module

    chosen = one_module(module or module_option)
    from tito.audit import main as audit_main

    raise typer.Exit(audit_main(chosen.label, as_json=json, jobs=jobs))


@app.command()
def test(module: Which = None, module_option: WhichOption = None) -> None:
    """Run a module's tests: yours in your folder, the reference's in the course's."""
    from tito.commands import student

    student.test(module or module_option)


@app.command()
def export(module: Which = None, module_option: WhichOption = None) -> None:
    """Put what you solved into your own tinytorch_lib, without submitting."""
    from tito.commands import student

    student.export(module or module_option)


@app.command()
def status() -> None:
    """What is done, what that unlocks and what comes next."""
    from tito.commands import status as command

    command.status()


@app.command()
def grade(
    module: Which = None,
    module_option: WhichOption = None,
    student: Student = None,
    collect: Annotated[bool, typer.Option("--collect", help="First fetch new submissions.")] = False,
) -> None:
    """Autograde what was submitted for a module, with nbgrader."""
    from tito.commands import grading

    grading.grade(module or module_option, student, collect)


@app.command()
def feedback(module: Which = None, module_option: WhichOption = None, student: Student = None) -> None:
    """Write feedback for what is graded and hand it out."""
    from tito.commands import grading

    grading.feedback(module or module_option, student)


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the course folder and say where it is.")] = False,
) -> None:
    """A class of eight from fetch to grades, and whether each score is right."""
    from tito.demo import main as demo_main

    raise typer.Exit(demo_main(None, keep))


milestone = typer.Typer(help="The historical programs, on your own library: list or run.", no_args_is_help=True)
data = typer.Typer(help="The data sets that the milestones read: fetch.", no_args_is_help=True)
app.add_typer(milestone, name="milestone")
app.add_typer(data, name="data")
receipt = typer.Typer(help="The receipts of submissions: verify.", no_args_is_help=True)
app.add_typer(receipt, name="receipt")


@receipt.command("verify")
def receipt_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file from the folder receipts/.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The exchange's public key; without it the exchange is asked.")
    ] = None,
) -> None:
    """Did the exchange sign this, and what does it say: who, what, when, and is that still in the folder?"""
    from tito.commands import receipt as command

    command.verify(file, key)


@milestone.command("list")
def milestone_list() -> None:
    """Which milestones are unlocked, and what the others lack."""
    from tito import milestones

    raise typer.Exit(milestones.main("list"))


@milestone.command("run")
def milestone_run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="xor, 1969, 02 or xor-1969.")],
    data_folder: Annotated[Path | None, typer.Option("--data", help="The folder with the data sets.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another run of the dice.")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="How long to train.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where the picture goes (plots/).")] = None,
    digits: Annotated[bool, typer.Option("--digits", help="The embedded digits in place of MNIST.")] = False,
) -> None:
    """Run one, and see its result beside the historical claim."""
    from tito import milestones

    code = milestones.main("run", name, data=data_folder, seed=seed, epochs=epochs, out=out, digits=digits)
    raise typer.Exit(code)


@data.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="mnist, fashion-mnist or cifar10.")],
    folder: Annotated[Path | None, typer.Option("--to", help="Where to (TINYTORCH_DATA, else data/).")] = None,
    source: Annotated[str | None, typer.Option("--from", help="A folder or address with the files.")] = None,
) -> None:
    """Download a data set, checked, or take it from a folder; a broken download goes on where it stopped."""
    from tito.data import main as data_main

    raise typer.Exit(data_main(name, folder, source))
