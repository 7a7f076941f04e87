"""Do the farm's broker and the gradebook's database answer? For `tito doctor`."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec

from tito.addresses import BROKER, DATABASE, broker_url, database_url, shown
from tito.course import Course
from tito.farm.signing import KEY, KEY_FILE, farm_key

__all__ = ["probe"]

_INSTALL = "install the farm's packages: pip install 'tinytorch-course[farm]'"
_SECONDS = 5


def probe(course: Course | None = None) -> list[tuple[str, bool, str]]:
    """What was tried, whether it works, and the remedy if not, or more about it. Nothing is written anywhere.

    Raises:
        CourseFileError: an address makes no sense.
    """
    return [_probe_database(course or Course.find()), *_probe_broker(course or Course.find())]


def _probe_database(course: Course) -> tuple[str, bool, str]:
    url = database_url(course)
    what = f"gradebook in {shown(url)}"
    if url.startswith("sqlite"):
        return what, True, ""
    if find_spec("psycopg") is None:
        return what, False, _INSTALL
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(url, connect_args={"connect_timeout": _SECONDS})
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        return what, False, f"start it, or correct {DATABASE} or [database] url: {reason}"
    finally:
        engine.dispose()
    return what, True, ""


def _probe_broker(course: Course) -> list[tuple[str, bool, str]]:
    """The broker, what it keeps when it is killed, and the workers; nothing where there is no farm."""
    url = broker_url(course)
    if not url:
        return []
    what = f"farm's broker at {shown(url)}"
    if find_spec("celery") is None or find_spec("redis") is None:
        return [(what, False, _INSTALL)]
    from redis.exceptions import RedisError

    from tito.farm.ledger import connect

    redis = connect(url, 0)
    try:
        kept = redis.info("persistence").get("aof_enabled") == 1
    except RedisError as error:
        return [(what, False, f"start it, or correct {BROKER} or [farm] broker: {' '.join(str(error).split())}")]
    finally:
        redis.close()
    remedy = "" if kept else "start redis-server with --appendonly yes, or a killed broker loses its queue"
    return [
        (what, True, ""),
        ("farm's broker keeps its queue (appendonly)", kept, remedy),
        _probe_key(),
        _probe_workers(url),
    ]


def _probe_key() -> tuple[str, bool, str]:
    signed = bool(farm_key())
    remedy = f"whoever reaches the broker can forge grades; set {KEY} or {KEY_FILE} here and for every worker"
    return "farm's jobs and answers are signed", signed, "" if signed else remedy


def _probe_workers(url: str) -> tuple[str, bool, str]:
    from tito.farm.celery_app import make_app

    with make_app(url) as app:
        names = [name for answer in app.control.ping(timeout=1.0) for name in answer]
    hosts = Counter(name.partition("@")[2] for name in names)
    where = ", ".join(f"{count} on {host}" for host, count in sorted(hosts.items()))
    return f"farm's workers: {len(names)} answer", bool(names), where or "start some: tito worker"
