"""`tsgen_jax.load`: a model from a run directory, or from a file that was exported."""

import os
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

import tsgen_jax
from tsgen_jax import checks
from tsgen_jax.api import stored_model
from tsgen_jax.api.model import Model
from tsgen_jax.constraints import rules as constraints
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import residual_scale, residuals
from tsgen_jax.generators.networks import abstract_weights, num_scaled
from tsgen_jax.generators.tokens import make_generator
from tsgen_jax.runs import (
    directory,
    files,
    model_file,
    seeds,
    stored_config,
)
from tsgen_jax.runs.config import override
from tsgen_jax.runtime import compilation_cache, installation
from tsgen_jax.sampling.residual import Residual
from tsgen_jax.types import PyTree

STAGES = ("tokenizer", "prior")
TEXTS = ("config.json", "facts.json", "metrics.json")
# What may differ from training.
SETTINGS = ("sample", "inpaint", "precision", "constraints")
DEMO = "demo"
_SCALES = "sample.residual_scales"


def load(path: str, settings: dict[str, Any] | None = None) -> Model:
    """Opens a trained model.

    Args:
        path: a run directory, or a file that `tsgen export` wrote; or 'demo', a small
            model of control charts that comes with the package.
        settings: values of the sections `SETTINGS` in place of the run's, by dotted
            key: {"sample.guidance_scale": 2.0, "constraints.min": {"load": 0}}.

    Raises:
        ValueError: neither is there, the run is not finished, was made by another
            version, or something is damaged; or a setting does not fit.
    """
    path = os.path.expanduser(os.fspath(path))
    if path == DEMO and not _is_model(path):
        path = demo_path()
    if not os.path.exists(path):
        raise ValueError(
            f"{path} is not there: give a run directory, or a file from tsgen export; "
            f"{DEMO!r} is a model that comes with the package."
        )
    settings = settings or {}
    if os.path.isdir(path):
        return _load_run(path, settings)
    return _load_file(path, settings)


def _is_model(path: str) -> bool:
    """Whether a file or a run is at `path`: one that is called 'demo' is meant then."""
    return os.path.isfile(path) or os.path.exists(os.path.join(path, "config.json"))


def demo_path() -> str:
    """The model file that comes with the package; examples/make_demo.py makes it."""
    return os.path.join(os.path.dirname(tsgen_jax.__file__), "demo.tsgen")


def build(
    config: ConfigDict, facts: DataInfo, where: str
) -> tuple[dict[str, PyTree], jax.sharding.Sharding]:
    """Stage -> abstract weights on this machine's first device.

    Raises:
        ValueError: the config makes no networks; `where` it is from.
    """
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    try:
        shapes = abstract_weights(config, facts)
    except Exception as error:  # Of any type: of flax, jax, or a size beyond numbers.
        raise ValueError(
            f"The config of {where} makes no networks, it is of another version of "
            f"tsgen_jax or damaged: {error!r:.300}. Train it anew with this version, or "
            "load it with the one that made it."
        ) from error
    return jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
    )


def _load_run(workdir: str, settings: dict[str, Any]) -> Model:
    with installation.in_words("Loading a run directory (not a model file)"):
        from tsgen_jax.runs import checkpoint

    config = stored_config.read(workdir)
    seeds.check_is_one_run(config, workdir)
    left = [s for s in STAGES if directory.read_done(workdir, s) is None]
    if left:
        raise ValueError(
            f"{workdir} is not finished ({', '.join(left)}): run its command again."
        )
    facts = read_facts(workdir)
    stored_model.check(config, facts, workdir)
    _change(config, settings)
    compilation_cache.enable()
    constraints.make(config.constraints, facts)
    shapes = build(config, facts, workdir)
    weights = {
        stage: checkpoint.load_weights(
            os.path.join(workdir, stage, "weights"), shapes[stage]
        )
        for stage in STAGES
    }
    metrics = directory.read_done(workdir, "evaluation") or {}
    left_out = residuals.read(workdir)
    residuals.warn_of_none(left_out, config.inpaint.residual_scale, workdir)
    choice = residual_scale.read(config, workdir)
    if choice is None:
        raise ValueError(
            f"{workdir} is not finished (sample.residual_scales): run its command again."
        )
    generator = make_generator(config, facts, weights, left_out, choice.scale)
    return Model(generator, config, facts, metrics)


def _change(config: ConfigDict, settings: dict[str, Any]) -> None:
    """Sets values of `SETTINGS`.

    Raises:
        ValueError: one does not fit, or there are several scales to choose from.
    """
    if not settings:
        return
    override(config, settings, SETTINGS)
    checks.check_config(config)
    scales = settings.get(_SCALES, (0.0,))
    if len(scales) != 1:
        raise ValueError(
            f"{_SCALES}={tuple(scales)}: a trained model takes one scale, "
            "such as (0.5,); which is best was chosen after training."
        )


def _load_file(path: str, settings: dict[str, Any]) -> Model:
    with model_file.ModelFile(path) as stored:
        config, facts, metrics = (stored.json(name) for name in TEXTS)
        try:
            config = stored_config.filled(config)
            facts = DataInfo.from_json(facts)
        except Exception as error:  # Of any type: nothing in it is sure.
            raise ValueError(
                f"{path}: config.json or facts.json is damaged ({error!r:.300})."
            ) from error
        metrics = stored_model.check_metrics(metrics, path)
        stored_model.check(config, facts, path)
        stored_model.check_depth(config, stored.num_weights, path)
        _change(config, settings)
        constraints.make(config.constraints, facts)
        compilation_cache.enable()
        weights = stored.weights(build(config, facts, path))
        left_out = _residual(stored, facts)
        residuals.warn_of_none(left_out, config.inpaint.residual_scale, path)
        scale = _residual_scale(stored, config, path)
        stored.check_rest()
    if _SCALES in settings:
        scale = float(config.sample.residual_scales[0])
    generator = make_generator(config, facts, weights, left_out, scale)
    return Model(generator, config, facts, metrics)


def _residual_scale(
    stored: model_file.ModelFile, config: ConfigDict, path: str
) -> float:
    """The scale of a model file; of one before there were scales, the config's only.

    Raises:
        ValueError: there is none, or it is no number in [0, 2].
    """
    name, scales = "sampling.json", config.sample.residual_scales
    if name not in stored and len(scales) == 1:
        return float(scales[0])
    found = stored.json(name)
    try:
        return residual_scale.as_scale(found["residual_scale"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {name}: {error}") from error


def _residual(stored: model_file.ModelFile, facts: DataInfo) -> Residual | None:
    """What tokens leave out, from a model file; None where it has none.

    Raises:
        ValueError: it is no plain array of the right shape; it names the member.
    """
    if not any(f"residual/{field}.npy" in stored for field in residuals.FIELDS):
        return None
    channels = num_scaled(facts)
    shapes = {field: (facts.length, channels) for field in residuals.FIELDS}
    shapes["correlation"] = (channels, channels)
    arrays = {
        field: stored.array(f"residual/{field}.npy", shape, np.float32)
        for field, shape in shapes.items()
    }
    return Residual(**arrays)


def read_facts(workdir: str) -> DataInfo:
    """The facts that a run keeps in dataset.json.

    Raises:
        ValueError: an older version wrote them, or they are damaged.
    """
    found = files.read_json(os.path.join(workdir, "dataset.json"))
    try:
        return DataInfo.from_json(found or {})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{workdir}/dataset.json: {error}. An older version wrote it: give the "
            "run's command once more, which completes it and trains nothing."
        ) from error
