"""The term: when each module is released and due, in the course's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tito.errors import UnknownModuleError
from tito.modules import MODULES, Module, find_module
from tito.tables import Tables

__all__ = ["Change", "Schedule", "Values", "read_schedule", "written"]

Values = dict[str, bool | int | date | None]
"""Keys of a module's table and what to write there; None takes a key out."""

_MOMENTS = ("release", "due", "released")


@dataclass(frozen=True)
class Change:
    """What a `[modules.NN]` table says about one module."""

    release: datetime | None = None
    """Local times, without a zone, in place of the computed ones."""
    due: datetime | None = None
    released: datetime | None = None
    """When an instructor released it by hand; nothing moves that."""
    hold: bool = False
    shift_days: int | None = None
    following: bool = False
    """Whether `shift_days` also moves the modules after it, up to the next one with a shift of its own."""


@dataclass(frozen=True)
class Schedule:
    """When each module is released and due. Without a term start only what is written for a module has a date."""

    term_start: date | None
    timezone: ZoneInfo
    days_between_releases: int
    days_to_work: int
    due_time: time
    changes: Mapping[int, Change] = field(default_factory=dict)

    def release(self, module: Module) -> datetime | None:
        """When students may fetch `module`, in UTC; None without a date and while it is held."""
        return None if self.held(module) else self.planned_release(module)

    def planned_release(self, module: Module) -> datetime | None:
        """When `module` would be released if nobody held it, in UTC."""
        change = self._change(module)
        if change.released is not None:
            return _utc(change.released, self.timezone)
        local = self._local(module, change.release, 0, time(0))
        return None if local is None else _utc(local, self.timezone)

    def due(self, module: Module) -> datetime | None:
        """When `module` must be submitted, in UTC. An hour that the clocks show twice is due at its second end."""
        local = self._local(module, self._change(module).due, self.days_to_work, self.due_time)
        if local is None:
            return None
        return max(_utc(local.replace(fold=fold), self.timezone) for fold in (0, 1))

    def held(self, module: Module) -> bool:
        """Whether an instructor holds `module` back."""
        return self._change(module).hold

    def shift_days(self, module: Module) -> int:
        """How many days later than planned `module` comes."""
        own = self._change(module).shift_days
        return self._inherited(module) if own is None else own

    def _inherited(self, module: Module) -> int:
        """The shift of the last module before it that also moves those after it."""
        before = [number for number, change in self.changes.items() if number < module.number and change.following]
        return (self.changes[max(before)].shift_days or 0) if before else 0

    def shifted(self, module: Module, days: int, following: bool) -> dict[Module, Values]:
        """What to write and (None) take out so that `module`, or all from it on, come `days` later than planned.

        The days count from the plan, so that saying it twice is saying it once.
        """
        own = None if days == self._inherited(module) else days
        after = [other for other in MODULES if other > module]
        if following:
            cleared: Values = {"shift_days": None, "following": None}
            mine: Values = {"shift_days": own, "following": None if own is None else True}
            return {module: mine, **dict.fromkeys(after, cleared)}
        changes: dict[Module, Values] = {module: {"shift_days": own, "following": None}}
        if self._change(module).following and after and self._change(after[0]).shift_days is None:
            # Those after it stay where they are.
            changes[after[0]] = {"shift_days": self._change(module).shift_days, "following": True}
        return changes

    def _change(self, module: Module) -> Change:
        return self.changes.get(module.number, Change())

    def _local(self, module: Module, written: datetime | None, days: int, clock: time) -> datetime | None:
        """Days are counted in local time: a day on which the clocks change has 23 or 25 hours and is one day."""
        if written is None:
            if self.term_start is None:
                return None
            days += (module.number - 1) * self.days_between_releases
            written = datetime.combine(self.term_start + timedelta(days=days), clock)
        return written + timedelta(days=self.shift_days(module))


def written(key: str, value: object) -> str:
    """A key of a module's table as it stands in course.toml: `hold = true`."""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{key} = {text.lower() if isinstance(value, bool) else text}"


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    """A local time that the clocks skip is taken as if they had not been put forward."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def read_schedule(tables: Tables) -> Schedule:
    """The schedule that [course], [schedule] and [modules.NN] make.

    Raises:
        CourseFileError: a date or time makes no sense, or a module is due before it is released.
    """
    zone = _zone(tables)
    schedule = Schedule(
        _term_start(tables),
        zone,
        tables.days("schedule", "days_between_releases", 7),
        tables.days("schedule", "days_to_work", 7),
        _due_time(tables),
        _changes(tables, zone),
    )
    _refuse_due_before_release(tables, schedule)
    return schedule


def _zone(tables: Tables) -> ZoneInfo:
    name = tables.get("course", "timezone", str, "UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        tables.fail("course.timezone", f"is no IANA time zone such as Europe/Berlin: {name!r}")


def _term_start(tables: Tables) -> date | None:
    found = tables.get("course", "term_start", date, None)
    if isinstance(found, datetime) or (found is not None and not 1970 <= found.year <= 9000):
        tables.fail("course.term_start", f"must be a date such as 2027-01-11, got {found}")
    return found  # type: ignore[no-any-return]


def _due_time(tables: Tables) -> time:
    text = tables.get("schedule", "due_time", str, "23:59")
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        clock = None
    if clock is None or clock.tzinfo:
        tables.fail("schedule.due_time", f"must be a local time such as '23:59', got {text!r}")
    return clock


def _changes(tables: Tables, zone: ZoneInfo) -> dict[int, Change]:
    names: dict[int, str] = {}
    changes: dict[int, Change] = {}
    for key, values in tables.table("modules").items():
        where = f"modules.{key}"
        try:
            number = find_module(key).number
        except UnknownModuleError as error:
            tables.fail(where, str(error).removesuffix(" (nothing was changed)"))
        if number in names:
            tables.fail(where, f"is the same module as modules.{names[number]}; put both into one table")
        if not isinstance(values, dict):
            tables.fail(where, f"must be a table, [{where}], got {values!r}")
        names[number] = key
        changes[number] = _change(tables, where, values, zone)
    return changes


def _change(tables: Tables, where: str, values: dict[str, Any], zone: ZoneInfo) -> Change:
    known = {*_MOMENTS, "hold", "shift_days", "following"}
    for key, value in values.items():
        if key not in known:
            tables.fail(f"{where}.{key}", f"is not a key of this table; {tables.remedy(key, known)}")
        if key in _MOMENTS:
            _check_moment(tables, f"{where}.{key}", value, zone)
        elif key == "shift_days":
            if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 366:
                tables.fail(f"{where}.{key}", f"must be a whole number of days, at most 366, got {value!r}")
        elif not isinstance(value, bool):
            tables.fail(f"{where}.{key}", f"must be true or false, got {value!r}")
    if values.get("following") and "shift_days" not in values:
        tables.fail(f"{where}.following", "says how far shift_days reaches, and there is no shift_days beside it")
    return Change(**values)


def _check_moment(tables: Tables, where: str, value: object, zone: ZoneInfo) -> None:
    if not isinstance(value, datetime) or value.tzinfo or not 1970 <= value.year <= 9000:
        tables.fail(where, f"must be a local time such as 2027-02-26T23:59:00, got {value}")
    if _utc(value, zone).astimezone(zone).replace(tzinfo=None) != value:
        tables.fail(where, f"does not exist: in {zone.key} the clocks are put forward over {value}")


def _refuse_due_before_release(tables: Tables, schedule: Schedule) -> None:
    for module in MODULES:
        release, due = schedule.planned_release(module), schedule.due(module)
        if release is not None and due is not None and due <= release:
            shown = [f"{moment.astimezone(schedule.timezone):%Y-%m-%d %H:%M}" for moment in (due, release)]
            tables.fail(f"modules.{module.number:02d}", f"is due {shown[0]}, not after its release {shown[1]}")
