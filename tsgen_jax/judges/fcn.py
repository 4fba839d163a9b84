"""The FCN judge: trained once per data set, kept for every run on that set.

It sees what the archive calls TRAIN, whole and in an order that no split decides,
and nothing of a run's config but `judge` and `train.judge`: all runs on a set share
one judge, and their scores can be compared.
"""

import dataclasses
import functools
import hashlib
import json
import logging
import os
import shutil
import time
import uuid

import jax
import numpy as np
from ml_collections import ConfigDict
from scipy.special import softmax

from tsgen_jax.data.dataset import Dataset, Scaler, fit_scaler
from tsgen_jax.judges.fit_once import fit_once
from tsgen_jax.judges.stages import classifier as classifier_task
from tsgen_jax.models import classifier
from tsgen_jax.recipe import Stage, abstract_weights
from tsgen_jax.runs import checkpoint
from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runtime import sharding
from tsgen_jax.training import loop
from tsgen_jax.training import settings as stage_settings
from tsgen_jax.types import Array, Batch, PyTree

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, eq=False)
class Judge:
    """A trained classifier of series in original units."""

    config: ConfigDict
    model: classifier.Classifier
    weights: PyTree
    scaler: Scaler
    digest: str  # Of the data and settings that made it; see `identity`.
    accuracy: float  # On TEST.

    @functools.cached_property
    def identity(self) -> str:
        """SHA-256 of `digest` and of the weights.

        Judges trained on other machines have the same digest, other weights (rounding),
        and give other scores.
        """
        found = hashlib.sha256(self.digest.encode())
        for path, leaf in jax.tree_util.tree_leaves_with_path(self.weights):
            found.update(jax.tree_util.keystr(path).encode())
            found.update(np.ascontiguousarray(leaf))
        return found.hexdigest()

    @functools.cached_property
    def _outputs(self):
        return functools.partial(
            classifier_task.outputs, self.config, self.model, self.weights
        )

    def __call__(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Series [n, L, C] -> features [n, d], class probabilities [n, Y]."""
        logits, features = self._outputs(self.scaler.transform(x))
        return features, softmax(logits.astype(np.float64), -1)


def whole_train(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """TRAIN with its validation part, rows in lexicographic order.

    Returns:
        x float32 [n, L, C] in original units, y int32 [n].
    """
    x = np.concatenate([dataset.x_train, dataset.x_valid])
    y = np.concatenate([dataset.y_train, dataset.y_valid])
    order = np.lexsort([y, *x.reshape(len(x), -1).T[::-1]])
    return x[order], y[order]


def load_or_train(config: ConfigDict, dataset: Dataset, workdir: str) -> Judge:
    """The judge of a data set.

    Looked for in `<workdir>/judge`, then among the judges that other runs have left in
    `config.judge.dir`; else trained, and left there for others.

    Raises:
        ValueError: one class only, which leaves nothing to judge.
    """
    if dataset.num_classes < 2:
        raise ValueError(
            f"{dataset.name} has one class only: no classifier can be trained. Leave "
            "'fcn' out of evaluation.judges."
        )
    x, y = whole_train(dataset)
    scaler = fit_scaler(x)
    digest = _digest(config, x, y)
    model = classifier_task.make_model(config, dataset.num_classes)
    stage, rows = classifier_task.make_stage(config, model, scaler.transform(x), y)
    shared = os.path.join(_shared_dir(config), f"{dataset.name}-{digest[:16]}")
    mine = os.path.join(workdir, "judge")
    found = _stored(mine, digest, stage)
    if found is None and _stored(shared, digest, stage) is not None:
        _copy(shared, mine)
        _LOG.info("Judge FCN: another run on this set has trained it (%s).", shared)
        found = _stored(mine, digest, stage)
    if found is None:
        if os.path.exists(os.path.join(mine, "done.json")):  # Damaged, or another's.
            shutil.rmtree(mine)
        _LOG.info(
            "Judge FCN: trains a classifier on TRAIN (%d series, %d classes); FID and "
            "CAS are in its terms. Kept in %s for all runs on this set.",
            *(len(x), dataset.num_classes, shared),
        )
        test = {"x": scaler.transform(dataset.x_test), "label": dataset.y_test}
        _train(config, stage, rows, test, digest, workdir)
        shutil.rmtree(shared, ignore_errors=True)
        _share(mine, shared)
        found = _stored(mine, digest, stage)
    weights, accuracy = found
    _LOG.info("Judge FCN: accuracy on TEST %.1f %%.", 100 * accuracy)
    return Judge(config, model, weights, scaler, digest, accuracy)


def predictions_of_training_on(
    judge: Judge, x: Array, y: Array, x_test: Array, why: str
) -> np.ndarray:
    """Trains the judge's network anew, on other series, and asks it about TEST.

    Same network, first weights, steps and scaling as `judge`.

    Args:
        judge: decides settings and scaling.
        x: series in original units, [n, L, C].
        y: int [n].
        x_test: [m, L, C].
        why: what it is for, one sentence for the log.

    Returns:
        int [m].
    """
    scale, config = judge.scaler.transform, judge.config
    stage, rows = classifier_task.make_stage(config, judge.model, scale(x), y)
    key = jax.random.key(config.judge.seed)
    weights = fit_once(stage, rows, config.train.judge, key, why)
    logits, _ = classifier_task.outputs(config, judge.model, weights, scale(x_test))
    return logits.argmax(-1)


def _digest(config: ConfigDict, x: np.ndarray, y: np.ndarray) -> str:
    settings = {"judge": dict(config.judge), "train": config.train.judge.to_dict()}
    for name in ("dir", "num_kernels", "ts2vec"):  # Of other judges.
        del settings["judge"][name]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in (x, y):
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def _shared_dir(config: ConfigDict) -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return config.judge.dir or os.path.join(home, "tsgen_jax", "judges")


def _stored(directory: str, digest: str, stage: Stage) -> tuple[PyTree, float] | None:
    """Weights and accuracy of the judge in `directory`.

    None: there is none of `digest`, or it is damaged, which is said.
    """
    try:
        done = run_dir.read_done(*os.path.split(directory))
        if done is None or done["digest"] != digest:
            return None
        weights = os.path.join(directory, "weights")
        return checkpoint.load_weights(weights, _shapes(stage)), float(done["accuracy"])
    except (KeyError, TypeError, ValueError) as error:
        _LOG.warning(
            "Judge: what %s holds is damaged and not used (%s).", directory, error
        )
        return None


def _shapes(stage: Stage) -> PyTree:
    shapes = abstract_weights(stage, {})
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    return jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
    )


def _train(config, stage, rows: Batch, test, digest, workdir) -> None:
    started = time.perf_counter()
    num_series = len(rows["x"])
    settings = stage_settings.fitted(config.train.judge, "judge", num_series)
    mesh = sharding.make_mesh(settings.batch_size, config.num_devices)
    key = jax.random.key(config.judge.seed)
    mine = os.path.join(workdir, "judge")  # Its curves are not those of the run.
    os.makedirs(mine, exist_ok=True)
    weights, summary = loop.fit(stage, rows, settings, key=key, mesh=mesh, workdir=mine)
    weights = jax.device_put(weights, jax.devices()[0])
    checkpoint.save_weights(os.path.join(mine, "weights"), weights)
    summary["accuracy"] = float(stage.evaluate(weights, test)["accuracy"])
    run_dir.mark_done(workdir, "judge", {**summary, "digest": digest})
    shutil.rmtree(os.path.join(mine, "judge"), ignore_errors=True)  # Checkpoints.
    _LOG.info("Judge FCN: trained in %.0f s.", time.perf_counter() - started)


def _copy(source: str, target: str) -> None:
    """Copies a judge, done.json last: what is there in part is not done."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("done.json"))
    shutil.copy(os.path.join(source, "done.json"), target)


def _share(mine: str, shared: str) -> None:
    """Leaves a judge for other runs; whole or not at all, and never necessary."""
    partial = f"{shared}.{uuid.uuid4().hex[:8]}"
    try:
        _copy(mine, partial)
        os.rename(partial, shared)
    except OSError as error:  # Another run was first, or the cache is read-only.
        shutil.rmtree(partial, ignore_errors=True)
        _LOG.info("Judge FCN: not kept for other runs (%s).", error)
