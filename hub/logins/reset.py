"""`python -m hub.logins.reset NAME` in the hub's container: NAME logs in with their first password again.

An account is made when its owner first logs in, so resetting it is deleting it; first-passwords.csv still holds. Files,
submissions and grades are elsewhere and stay.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nativeauthenticator.orm import UserInfo
from sqlalchemy import create_engine, delete, inspect
from sqlalchemy.exc import SQLAlchemyError

from tito.errors import TitoError, ToolError

__all__ = ["database", "main", "reset"]

SECRET = Path("/run/secrets/database_password")


def database() -> str:
    """The address of the hub's database: by its secret under Docker; on Kubernetes PGPASSWORD has the password."""
    password = f":{SECRET.read_text(encoding='utf-8').strip()}" if SECRET.is_file() else ""
    return f"postgresql+psycopg://hub{password}@database:5432/hub"


def reset(address: str, name: str) -> bool:
    """Forget the password that `name` chose; says whether they had chosen one.

    Raises:
        ToolError: the database does not answer, or holds no passwords.
    """
    engine = create_engine(address)
    try:
        if not inspect(engine).has_table(UserInfo.__tablename__):
            raise ToolError("this hub keeps no passwords; its log-in is another's (nothing was changed)")
        with engine.begin() as connection:
            found = connection.execute(delete(UserInfo).where(UserInfo.username == name))
            return bool(found.rowcount)
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise ToolError(f"the hub's database does not answer: {reason}; make up (nothing was changed)") from None
    finally:
        engine.dispose()


def main(arguments: list[str], address: str = "") -> int:
    """Run the program; gives the process's exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m hub.logins.reset NAME", file=sys.stderr)
        return 2
    try:
        changed = reset(address or database(), arguments[0])
    except TitoError as error:
        print(f"reset: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{arguments[0]} logs in with their first password" + (" again" if changed else "; they chose no other yet"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
