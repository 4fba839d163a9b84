"""Stages that another run has finished, taken over where this run would make them too.

Several priors on one tokenizer, for example: it is trained once, and every other run is
given its weights. A stage is taken over only where all that its weights depend on is
equal in both runs: see `Stage.sections`.
"""

import logging
import os
import shutil
from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from tsgen_jax.recipe import Recipe, Stage
from tsgen_jax.runs import directory, files
from tsgen_jax.runs.seeds import SeedRun

_LOG = logging.getLogger(__name__)
_OF_NO_WEIGHTS = ("name", "seeds", "num_devices")  # Values outside sections.
_MISSING = object()


def take_over(recipe: Recipe, runs: Sequence[SeedRun], source: str) -> None:
    """Copies finished stages of the run in `source` into runs that lack them.

    Args:
        recipe: of all runs.
        runs: each with its own directory, whose data are noted already.
        source: a run directory, or one of several seeds, of which each run takes its
            own seed.

    Raises:
        ValueError: a run lacks every stage that could be taken over, and `source` has
            none for it; says why.
    """
    for run in runs:
        wanted = [
            stage
            for stage in recipe.stages
            if isinstance(stage, Stage)
            and stage.sections is not None
            and directory.read_done(run.workdir, stage.name) is None
        ]
        there = _of_seed(source, run)
        taken, reasons = [], []
        for stage in wanted:
            reason = _why_not(stage, run, there, taken)
            if reason:
                reasons.append(f"{stage.name}: {reason}")
                continue
            _copy(stage.name, there, run.workdir)
            taken.append(stage.name)
            who = f"{stage.name}, {run.name}" if run.name else stage.name
            _LOG.info("%s: taken over from %s, nothing is trained.", who, there)
        if wanted and not taken:
            raise ValueError(
                f"Nothing of {there} can be used in {run.workdir}. "
                f"{' '.join(reasons)} Leave --reuse out to train it."
            )


def _of_seed(source: str, run: SeedRun) -> str:
    own = os.path.join(source, f"seed-{run.config.seed}")
    return own if os.path.isdir(own) else source


def _why_not(stage: Stage, run: SeedRun, source: str, taken: list[str]) -> str:
    """What forbids taking `stage` over, as a sentence; '' for nothing."""
    lacking = [name for name in stage.needs if name not in taken]
    if lacking:
        return f"it is built on {', '.join(lacking)}, not taken over."
    theirs, ours = directory.read_config(source), run.config.to_dict()
    there, here = (_flat(_parts(config, stage)) for config in (theirs, ours))
    differ = sorted(
        key
        for key in there.keys() | here.keys()
        if there.get(key, _MISSING) != here.get(key, _MISSING)
    )
    if differ:
        told = (f"{k}={there.get(k)!r} there, {here.get(k)!r} here" for k in differ)
        return f"its settings differ ({'; '.join(told)})."
    data = [
        files.read_json(os.path.join(place, "dataset.json"))
        for place in (source, run.workdir)
    ]
    if data[0] is None or data[0] != data[1]:
        return "its series or their split are others."
    weights = os.path.join(source, stage.name, "weights")
    if directory.read_done(source, stage.name) is None or not os.path.isdir(weights):
        return "it is not finished there."
    return ""


def _parts(config: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """What the weights of a stage depend on."""
    kept = {
        key: value
        for key, value in config.items()
        if not isinstance(value, dict) and key not in _OF_NO_WEIGHTS
    }
    sections = ("data", *(stage.sections or ()))
    kept |= {name: config[name] for name in sections if name in config}
    train = config["train"] if "train" in config else {}
    return kept | {"train": {k: v for k, v in train.items() if k == stage.name}}


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """By dotted key; tuples as lists, as a file has them."""
    plain = ConfigDict(values).to_dict()
    flat = {}
    for key, value in plain.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": found for name, found in _flat(value).items()}
        else:
            flat[key] = list(value) if isinstance(value, tuple) else value
    return flat


def _copy(name: str, source: str, workdir: str) -> None:
    """The weights first, then done.json, which says that they are whole."""
    weights = os.path.join(workdir, name, "weights")
    partial = weights + files.PARTIAL
    for old in (weights, partial):
        shutil.rmtree(old, ignore_errors=True)
    os.makedirs(os.path.dirname(weights), exist_ok=True)
    shutil.copytree(os.path.join(source, name, "weights"), partial)
    os.rename(partial, weights)
    done = directory.read_done(source, name)
    directory.mark_done(workdir, name, {**done, "taken_from": source})
