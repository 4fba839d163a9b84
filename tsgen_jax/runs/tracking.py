"""Copies of metrics and figures for Weights & Biases and MLflow.

Off unless `config.tracking` asks for it. Both packages are extras of ours. All that a
tracker is sent is in the run directory as well, so a tracker that fails, without a
network for example, is left out for the rest of the run and training goes on.
"""

import contextlib
import glob
import importlib
import json
import logging
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from flax.traverse_util import flatten_dict
from ml_collections import ConfigDict

from tsgen_jax.runs import files

_LOG = logging.getLogger(__name__)
_FILE = "tracking.json"  # Which of the trackers' runs this run directory is.


def check(settings: ConfigDict) -> None:
    """Raises ValueError where a tracker is asked for that is not installed.

    Args:
        settings: `config.tracking`.
    """
    for name in _BACKENDS:
        if not settings[name]:
            continue
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ValueError(
                f"tracking.{name}=True needs the package {name}, which is not "
                f"installed: pip install 'tsgen_jax[{name}]', or leave it off."
            ) from error


class Tracker(contextlib.AbstractContextManager):
    """The trackers of one run; one that asks for none costs nothing."""

    def __init__(self, config: ConfigDict, workdir: str, name: str):
        """Opens a run at every tracker, or goes on with the one of before.

        Args:
            config: of the run; `config.tracking` says which trackers.
            workdir: the run directory; it is there already.
            name: what the trackers show.
        """
        path = os.path.join(workdir, _FILE)
        known = files.read_json(path) or {}
        self._backends = {}
        for kind, make in _BACKENDS.items():
            if not config.tracking[kind]:
                continue
            with self._guarded(kind):
                backend = make(config, workdir, name, known.get(kind))
                known[kind] = backend.id
                self._backends[kind] = backend
        if self._backends:
            files.write_json(path, known)

    def log(self, stage: str, step: int, values: Mapping[str, float]) -> None:
        """Sends scalars, by name with prefix, such as 'train/loss'; none that is NaN."""
        values = {f"{stage}/{k}": v for k, v in values.items() if math.isfinite(v)}
        self._call(lambda backend: backend.log(stage, step, values))

    def figures(self, directory: str) -> None:
        """Sends every PNG of a directory."""
        paths = sorted(glob.glob(os.path.join(glob.escape(directory), "*.png")))
        self._call(lambda backend: backend.figures(paths))

    def __exit__(self, kind, *_) -> None:
        self._call(lambda backend: backend.close(failed=kind is not None))

    def _call(self, what: Callable) -> None:
        for kind, backend in list(self._backends.items()):
            with self._guarded(kind):
                what(backend)

    @contextlib.contextmanager
    def _guarded(self, kind: str):
        """A failure of a tracker ends that tracker, not the run."""
        try:
            yield
        except Exception as error:  # Theirs are of many kinds.
            self._backends.pop(kind, None)
            _LOG.warning(
                "%s failed (%s: %s): nothing more is sent there; the run goes on, and "
                "everything is in the run directory.",
                kind,
                type(error).__name__,
                error,
            )


def _flat(config: ConfigDict) -> dict[str, Any]:
    return flatten_dict(config.to_dict(), sep=".")


class _Wandb:
    """A run of Weights & Biases; every stage has a step axis of its own."""

    def __init__(self, config, workdir, name, known):
        self._wandb = importlib.import_module("wandb")
        self._run = self._wandb.init(
            project=config.tracking.project,
            name=name,
            dir=workdir,
            id=known,
            resume="allow",
            reinit="create_new",  # Several seeds are several runs of one process.
            config=_flat(config),
        )
        self.id = self._run.id
        self._stages = set()

    def log(self, stage, step, values):
        if stage not in self._stages:
            self._stages.add(stage)
            self._run.define_metric(f"{stage}/step")
            self._run.define_metric(f"{stage}/*", step_metric=f"{stage}/step")
        self._run.log({**values, f"{stage}/step": step})

    def figures(self, paths):
        images = {_stem(path): self._wandb.Image(path) for path in paths}
        self._run.log({f"figures/{name}": image for name, image in images.items()})

    def close(self, failed):
        self._run.finish(exit_code=int(failed))


class _Mlflow:
    """A run of MLflow, at MLFLOW_TRACKING_URI or in ./mlruns."""

    def __init__(self, config, workdir, name, known):
        del workdir  # MLflow keeps its files elsewhere.
        self._client = importlib.import_module("mlflow").MlflowClient()
        self.id = known
        if known is None:
            project = config.tracking.project
            found = self._client.get_experiment_by_name(project)
            experiment = (
                found.experiment_id
                if found
                else self._client.create_experiment(project)
            )
            made = self._client.create_run(experiment, run_name=name)
            self.id = made.info.run_id
            for key, value in _flat(config).items():
                self._client.log_param(self.id, key, json.dumps(value)[:500])

    def log(self, stage, step, values):
        del stage  # It is in the names.
        for name, value in values.items():
            self._client.log_metric(self.id, name, value, step=step)

    def figures(self, paths):
        for path in paths:
            self._client.log_artifact(self.id, path, "figures")

    def close(self, failed):
        self._client.set_terminated(self.id, "FAILED" if failed else "FINISHED")


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


_BACKENDS = {"wandb": _Wandb, "mlflow": _Mlflow}
