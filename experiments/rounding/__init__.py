"""main.py with other rounding: the same run computed in another order, or nudged.

Programs of the sweep `robustness`; each takes main.py's arguments and changes nothing
but the last bits of numbers. What then differs between runs is what rounding does.
"""

import os
import pathlib
import runpy
import sys
from collections.abc import Mapping

ROOT = pathlib.Path(__file__).resolve().parents[2]


def start(environment: Mapping[str, str]) -> None:
    """Becomes main.py, with these variables; XLA_FLAGS are added to those there are."""
    found = dict(os.environ)
    for name, value in environment.items():
        old = found.get(name, "") if name == "XLA_FLAGS" else ""
        found[name] = f"{old} {value}".strip()
    os.execve(sys.executable, [sys.executable, "main.py", *sys.argv[1:]], found)


def run_main() -> None:
    """Runs main.py in this process, with this process's arguments."""
    sys.argv[0] = str(ROOT / "main.py")
    sys.path.insert(0, str(ROOT))
    runpy.run_path(sys.argv[0], run_name="__main__")
