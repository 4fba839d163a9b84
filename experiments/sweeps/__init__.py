"""Sweeps: which runs, with which values.

A sweep is a file here, or a file of one's own, with

    def sweep():
        yield name, {"config": "ssl_vqvae:vibcreg", "config.data.name": "ECG200", ...}

`name` is SET/ARM: the runs of a cell, which differ in `config.seed` only, have one name.
An arm's name is words joined by '-', which are its levels of the factors; tables compare
arms, and levels of each word. The order is the order of work, so put whole blocks
of set x seed together. Keys of the values:

    config           preset and its argument, as in configs/PRESET.py[:ARGUMENT]
    config.KEY       a value of the config, as on the command line of main.py
    reuse            name of a cell whose finished stages are taken over (main.py --reuse);
                     '../SWEEP/SET/ARM' for one of another sweep
    program          a module in the place of main.py, which takes the same arguments
"""

import importlib
import importlib.util
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_RESERVED = ("config", "reuse", "program")


class Run(NamedTuple):
    """One run of a sweep."""

    cell: str  # 'ECG200/vibcreg-gauss'.
    seed: int
    values: Mapping[str, Any]  # Without the seed; equal for all seeds of a cell.

    @property
    def name(self) -> str:
        """Its directory below that of the sweep, and its name in results."""
        return f"{self.cell}/seed-{self.seed}"


def names() -> list[str]:
    """Sweeps that come with the project."""
    folder = pathlib.Path(__file__).parent
    return sorted(p.stem for p in folder.glob("*.py") if not p.stem.startswith("_"))


def load(text: str) -> tuple[str, list[Run]]:
    """Name and runs of a sweep by name or by file.

    Raises:
        ValueError: there is no such sweep, or what it yields is not as it should be.
    """
    if text.endswith(".py"):
        path = pathlib.Path(text)
        if not path.is_file():
            raise ValueError(f"There is no file {path}.")
        spec = importlib.util.spec_from_file_location("sweep_file", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return path.stem, runs_of(module.sweep())
    if text not in names():
        raise ValueError(
            f"There is no sweep {text!r}; known are {', '.join(names())}, and files that "
            "end in .py."
        )
    return text, runs_of(importlib.import_module(f"{__name__}.{text}").sweep())


def runs_of(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Run]:
    """Runs of what `sweep` yields.

    Raises:
        ValueError: a name that is not SET/ARM, an unknown key, a run twice, or runs of a
            cell that differ in more than the seed.
    """
    runs, values_of, seen = [], {}, set()
    for name, values in entries:
        set_, _, arm = name.partition("/")
        if not set_ or not arm or "/" in arm:
            raise ValueError(f"{name!r} is no name of a run: write 'SET/ARM'.")
        rest = dict(values)
        run = Run(name, int(rest.pop("config.seed", 0)), rest)
        for key in rest:
            if key not in _RESERVED and not key.startswith("config."):
                raise ValueError(
                    f"{name}: unknown key {key!r}; see experiments.sweeps."
                )
        if "config" not in rest:
            raise ValueError(f"{name}: 'config' is missing: the preset of the run.")
        if values_of.setdefault(name, rest) != rest:
            raise ValueError(f"{name}: its runs differ in more than config.seed.")
        if run.name in seen:
            raise ValueError(f"{run.name} is in the sweep twice.")
        seen.add(run.name)
        runs.append(run)
    return runs
