"""Verbs of `tito` for who runs the course: the term, the roster, backups and upgrades."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_operator_verbs"]

schedule = typer.Typer(help="The term: show it, release early, hold back, shift.", invoke_without_command=True)
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


def backup(
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="A folder, or a new file that ends in .tar.gz.")],
    data_folder: Data = None,
    database: Databases = None,
) -> None:
    """Everything of the course in one file, also while it runs."""
    from tito.commands import backup as command

    command.backup(dest, data_folder, database or [])


def restore(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A file that `tito backup` made.")],
    to: Annotated[Path | None, typer.Option("--to", help="The course's folder (here).")] = None,
    data_folder: Data = None,
    database: Databases = None,
) -> None:
    """Put a backup back; what is there is put aside, not deleted."""
    from tito.commands import backup as command

    command.restore(source, to, data_folder, database or [])


def upgrade_db(data_folder: Data = None, database: Databases = None) -> None:
    """Bring the gradebook and the hub's records to the installed versions, after a copy."""
    from tito.commands import backup as command

    command.upgrade_db(data_folder, database or [])


def add_operator_verbs(app: typer.Typer) -> None:
    """Give the `tito` command these verbs."""
    app.add_typer(schedule, name="schedule")
    app.add_typer(roster, name="roster")
    app.command()(backup)
    app.command()(restore)
    app.command("upgrade-db")(upgrade_db)
