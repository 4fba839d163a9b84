"""`tsgen_jax.load`: a model from a run directory, or from a file that was exported."""

import os
from typing import Any

import jax
from ml_collections import ConfigDict

import tsgen_jax
from tsgen_jax import checks
from tsgen_jax.api.model import Model
from tsgen_jax.constraints import rules as constraints
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import residual_scale, residuals
from tsgen_jax.generators.networks import abstract_weights
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
    if path == DEMO and not os.path.exists(path):
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


def demo_path() -> str:
    """The model file that comes with the package; examples/make_demo.py makes it."""
    return os.path.join(os.path.dirname(tsgen_jax.__file__), "demo.tsgen")


def build(
    config: ConfigDict, facts: DataInfo, where: str
) -> tuple[dict[str, PyTree], jax.sharding.Sharding]:
    """Stage -> abstract weights on this machine's first device.

    Raises:
        ValueError: the config lacks keys of this version; `where` it is from.
    """
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    try:
        config.inpaint.to_dict()
        shapes = abstract_weights(config, facts)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"The config of {where} is of another version of tsgen_jax: {error}. Train "
            "it anew with this version, or load it with the one that made it."
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
    _change(config, settings)
    compilation_cache.enable()
    facts = read_facts(workdir)
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
    members = model_file.read(path)
    texts = {}
    for name in TEXTS:
        if name not in members:
            raise ValueError(f"{path} lacks {name}: it is no complete model.")
        texts[name] = model_file.as_json(members[name], path, name)
    config = stored_config.filled(texts["config.json"])
    _change(config, settings)
    try:
        facts = DataInfo.from_json(texts["facts.json"])
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: facts.json: {error}") from error
    constraints.make(config.constraints, facts)
    compilation_cache.enable()
    shapes = build(config, facts, path)
    weights = model_file.unflatten(members, shapes, path)
    left_out = _residual(members, path)
    residuals.warn_of_none(left_out, config.inpaint.residual_scale, path)
    scale = _residual_scale(members, config, path)
    if _SCALES in settings:
        scale = float(config.sample.residual_scales[0])
    generator = make_generator(config, facts, weights, left_out, scale)
    return Model(generator, config, facts, texts["metrics.json"])


def _residual_scale(members: dict[str, bytes], config: ConfigDict, path: str) -> float:
    """The scale of a model file; of one before there were scales, the config's only.

    Raises:
        ValueError: there is none, or it is no number in [0, 2].
    """
    name, scales = "sampling.json", config.sample.residual_scales
    if name not in members and len(scales) == 1:
        return float(scales[0])
    if name not in members:
        raise ValueError(f"{path} lacks {name}: it is no complete model.")
    stored = model_file.as_json(members[name], path, name)
    try:
        return residual_scale.as_scale(stored["residual_scale"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {name}: {error}") from error


def _residual(members: dict[str, bytes], path: str) -> Residual | None:
    """What tokens leave out, from a model file; None where it has none.

    Raises:
        ValueError: it is no plain array; the message names the member.
    """
    names = {field: f"residual/{field}.npy" for field in residuals.FIELDS}
    if any(name not in members for name in names.values()):
        return None
    return Residual(
        **{
            field: model_file.from_npy(members[name], f"{path}: {name}")
            for field, name in names.items()
        }
    )


def read_facts(workdir: str) -> DataInfo:
    """The facts that a run keeps in dataset.json.

    Raises:
        ValueError: an older version wrote them, or they are damaged.
    """
    found = files.read_json(os.path.join(workdir, "dataset.json"))
    try:
        return DataInfo.from_json(found or {})
    except ValueError as error:
        raise ValueError(
            f"{workdir}/dataset.json: {error}. An older version wrote it: give the "
            "run's command once more, which completes it and trains nothing."
        ) from error
