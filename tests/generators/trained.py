"""Recipes with weights, without a run: fitted stages fitted, networks untrained."""

import importlib

import jax

from tsgen_jax import generators
from tsgen_jax.data.info import DataInfo
from tsgen_jax.recipe import Fitted, given_to


def make_config(name: str, argument: str = "", **changes):
    """A generator's config, changed by dotted key."""
    module = importlib.import_module(f"tsgen_jax.configs.{name}")
    config = module.get_config(argument) if argument else module.get_config()
    config.update_from_flattened_dict(changes)
    return config


def assemble(config, dataset, seed: int = 0):
    """The generator of `config` for `dataset`, and its recipe."""
    recipe, weights = generators.make_recipe(config, DataInfo.of(dataset)), {}
    for stage in recipe.stages:
        given, key = given_to(stage, weights), jax.random.key(seed)
        if isinstance(stage, Fitted):
            made, _ = stage.fit(key, dataset, given)
            shapes = jax.tree.map(lambda a: (a.shape, a.dtype), made)
            assert shapes == jax.tree.map(lambda s: (s.shape, s.dtype), stage.shapes)
        else:
            example = jax.tree.map(
                lambda s: jax.numpy.zeros(s.shape, s.dtype), stage.example
            )
            made = stage.export(*jax.jit(stage.init)(key, example, given))
        weights[stage.name] = made
    return recipe.assemble(weights), recipe
