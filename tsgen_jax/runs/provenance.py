"""When, with which version and by which command a run was made: for its report."""

import datetime
import os
import shlex
import sys
from typing import Any

from tsgen_jax.runs import files
from tsgen_jax.runtime import version

_FILE = "provenance.json"
_STARTERS = {"main.py": "python main.py", "__main__.py": "python -m tsgen_jax"}


def now() -> dict[str, str]:
    """Date (UTC), version, commit ('' for an installed package) and command."""
    date = datetime.datetime.now(datetime.UTC)
    return {
        "date": date.strftime("%Y-%m-%d %H:%M UTC"),
        "version": version.version(),
        "commit": version.commit(),
        "command": command(),
    }


def command() -> str:
    """The command line of this process, as one would type it."""
    name = os.path.basename(sys.argv[0])
    start = _STARTERS.get(name, name if name == "tsgen" else f"python {name}")
    return f"{start} {shlex.join(sys.argv[1:])}".strip()


def record(workdir: str) -> None:
    """Keeps `now` with a run that begins; a run that goes on keeps what it has."""
    path = os.path.join(workdir, _FILE)
    if not os.path.exists(path):
        files.write_json(path, now())


def read(workdir: str) -> dict[str, Any] | None:
    """What `record` kept; None for a run of an older version.

    Raises:
        ValueError: the file is damaged.
    """
    return files.read_json(os.path.join(workdir, _FILE))
