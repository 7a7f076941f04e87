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
Section = Annotated[str | None, typer.Option("--section", help="Only this section's students.")]
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
def status(section: Section = None) -> None:
    """What is done, what that unlocks and what comes next."""
    from tito.commands import status as command

    command.status(section)


@app.command()
def grade(
    module: Which = None,
    module_option: WhichOption = None,
    student: Student = None,
    section: Section = None,
    collect: Annotated[bool, typer.Option("--collect", help="First fetch new submissions.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also what is graded and has not changed.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Results as JSON lines, into this file.")] = None,
    farm: Annotated[bool, typer.Option("--farm", help="On the workers of other machines (docs/farm.md).")] = False,
) -> None:
    """Grade what was submitted for a module, in exam rooms; what is up to date is left alone."""
    from tito.commands import grading

    grading.grade(module or module_option, student, collect, section, force=force, report=report, farm=farm)


@app.command()
def doctor() -> None:
    """Which exam rooms, limits and database are in force, and what is missing."""
    from tito.commands import doctor as command

    command.doctor()


@app.command()
def worker(
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="At a time; one a processor.")] = None,
) -> None:
    """Grade for a course elsewhere, until it is ended; TINYTORCH_BROKER says where its jobs are."""
    from tito.commands import worker as command

    command.worker(processes)


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


schedule = typer.Typer(help="The term: show it, release early, hold back, shift.", invoke_without_command=True)
app.add_typer(schedule, name="schedule")
Numbered = Annotated[str, typer.Argument(metavar="MODULE", help="06, optimizers or 06_optimizers.")]


@schedule.callback()
def schedule_show(context: typer.Context) -> None:
    """The term: when each module is released and due, and what is out. Verbs change it."""
    if context.invoked_subcommand is None:
        from tito.commands import schedule as command

        command.show()


@schedule.command("release")
def schedule_release(module: Numbered) -> None:
    """Release a module now, held or not, whatever its date."""
    from tito.commands import schedule as command

    command.release(module)


@schedule.command("hold")
def schedule_hold(module: Numbered) -> None:
    """Keep a module back until it is released by hand."""
    from tito.commands import schedule as command

    command.hold(module)


@schedule.command("shift")
def schedule_shift(
    module: Numbered,
    days: Annotated[int, typer.Option("--days", help="How many days later than planned; 0 is the plan again.")],
    following: Annotated[bool, typer.Option("--following", help="And every module after it.")] = False,
) -> None:
    """Move a module's release and due dates; counted from the plan, so that saying it twice moves it once."""
    from tito.commands import schedule as command

    command.shift(module, days, following)


roster = typer.Typer(help="Who is in the course: import.", no_args_is_help=True)
app.add_typer(roster, name="roster")


@roster.command("import")
def roster_import(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns name, id, section, role.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the differences.")] = False,
) -> None:
    """Make the people in a CSV file the roster. Who is not in it loses access; nobody's work is touched."""
    from tito.commands import roster as command

    command.import_roster(file, dry_run)


Data = Annotated[Path | None, typer.Option("--data", help="What the hub keeps, as `make serve DATA=` (var/).")]
Databases = Annotated[
    list[str] | None,
    typer.Option("--database", metavar="NAME=URL", envvar="TINYTORCH_DATABASES", help="A PostgreSQL database."),
]


@app.command()
def backup(
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="A folder, or a new file that ends in .tar.gz.")],
    data_folder: Data = None,
    database: Databases = None,
) -> None:
    """Everything of the course in one file, also while it runs."""
    from tito.commands import backup as command

    command.backup(dest, data_folder, database or [])


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A file that `tito backup` made.")],
    to: Annotated[Path | None, typer.Option("--to", help="The course's folder (here).")] = None,
    data_folder: Data = None,
    database: Databases = None,
) -> None:
    """Put a backup back; what is there is put aside, not deleted."""
    from tito.commands import backup as command

    command.restore(source, to, data_folder, database or [])


@app.command("upgrade-db")
def upgrade_db(data_folder: Data = None, database: Databases = None) -> None:
    """Bring the gradebook and the hub's records to the installed versions, after a copy."""
    from tito.commands import backup as command

    command.upgrade_db(data_folder, database or [])


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
