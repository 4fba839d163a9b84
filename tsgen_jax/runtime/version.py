"""Which version of the program this is: number, commit, and those of jax and Python."""

import importlib.metadata
import os
import platform
import subprocess

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_SECONDS = 5


def version() -> str:
    """The version of tsgen_jax; 'unknown' where it runs without being installed."""
    return _of("tsgen_jax")


def commit() -> str:
    """The commit that a checkout is at, with '+changes' where files differ from it.

    '' for an installed package, or where git is not there.
    """
    if not os.path.exists(os.path.join(_ROOT, ".git")):
        return ""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        files = (".", ":(exclude)experiments/results")  # Numbers are no program.
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", *files)
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{head}+changes" if changed else head


def describe() -> str:
    """One line for --version and bug reports."""
    at = commit()
    words = [f"tsgen_jax {version()}" + (f" (commit {at})" if at else "")]
    words += [f"jax {_of('jax')}", f"Python {platform.python_version()}"]
    return ", ".join(words)


def _of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-C", _ROOT, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=_SECONDS
    )
    return done.stdout.strip()
