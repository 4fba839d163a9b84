"""`tsgen_jax.load`: a model from a run directory, or from a file that was exported."""

import os
from typing import Any

import jax
from ml_collections import ConfigDict

import tsgen_jax
from tsgen_jax import checks, generators
from tsgen_jax.api import stored_model
from tsgen_jax.api.model import Model
from tsgen_jax.constraints import rules as constraints
from tsgen_jax.data.info import DataInfo
from tsgen_jax.recipe import Recipe, abstract_recipe
from tsgen_jax.runs import directory, model_file, seeds, stored
from tsgen_jax.runs.config import override
from tsgen_jax.runs.facts import read_facts
from tsgen_jax.runtime import compilation_cache, installation
from tsgen_jax.types import PyTree

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


def _load_run(workdir: str, settings: dict[str, Any]) -> Model:
    with installation.in_words("Loading a run directory (not a model file)"):
        from tsgen_jax.training.train_recipe import load_recipe

    config = stored.read_config(workdir)
    seeds.check_is_one_run(config, workdir)
    info = read_facts(workdir)
    stored_model.check(config, info, workdir)
    recipe, shapes = build(config, info, settings, workdir)
    generator = recipe.assemble(load_recipe(recipe, workdir, shapes))
    metrics = directory.read_done(workdir, "evaluation") or {}
    return Model(generator, config, info, metrics)


def build(
    config: ConfigDict, info: DataInfo, settings: dict[str, Any], where: str
) -> tuple[Recipe, dict[str, PyTree]]:
    """The recipe of a stored config with `settings` changed, and its abstract weights.

    Raises:
        ValueError: a setting does not fit, or the config makes no networks; `where` it
            is from.
    """
    _change(config, settings)
    constraints.make(config.constraints, info)
    compilation_cache.enable()
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    try:
        recipe = generators.make_recipe(config, info)
        shapes = abstract_recipe(recipe)
    except Exception as error:  # Of any type: of flax, jax, or a size beyond numbers.
        raise ValueError(
            f"The config of {where} makes no networks, it is of another version of "
            f"tsgen_jax or damaged: {error!r:.300}. Train it anew with this version, or "
            "load it with the one that made it."
        ) from error
    return recipe, jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
    )


def _change(config: ConfigDict, settings: dict[str, Any]) -> None:
    """Sets values of `SETTINGS`.

    Raises:
        ValueError: one does not fit, or there are several scales to choose from.
    """
    if not settings:
        return
    override(config, settings, SETTINGS)
    checks.check_config(config, training=False)
    scales = config.sample.residual_scales if _SCALES in settings else (0.0,)
    if len(scales) != 1:
        raise ValueError(
            f"{_SCALES}={tuple(scales)}: a trained model takes one scale, "
            "such as (0.5,); which is best was chosen after training."
        )


def _load_file(path: str, settings: dict[str, Any]) -> Model:
    with model_file.ModelFile(path) as file:
        values, facts, metrics = (file.json(name) for name in TEXTS)
        config = stored.as_config(values, path)
        try:
            info = DataInfo.from_json(facts)
        except Exception as error:  # Of any type: nothing in it is sure.
            raise ValueError(
                f"{path}: config.json or facts.json is damaged ({error!r:.300})."
            ) from error
        metrics = stored_model.check_metrics(metrics, path)
        stored_model.check(config, info, path)
        stored_model.check_depth(config, file.num_weights, path)
        recipe, shapes = build(config, info, settings, path)
        found = file.weights(shapes)
        file.check_rest()
        weights = {stage.name: found[stage.name] for stage in recipe.stages}
    try:
        return Model(recipe.assemble(weights), config, info, metrics)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
