"""main.py whose networks begin from weights that are moved by 1e-6.

python -m experiments.rounding.nudged --config=... [what main.py takes]
"""

import dataclasses

import jax
import jax.numpy as jnp

from experiments import rounding
from tsgen_jax.recipe import Recipe, Stage

SIZE = 1e-6


def nudged(stage: Stage) -> Stage:
    """The stage with `SIZE` times standard normal numbers added to its first weights."""

    def init(key, batch, given):
        params, state = stage.init(key, batch, given)
        leaves, tree = jax.tree.flatten(params)
        keys = jax.random.split(jax.random.fold_in(key, 1), len(leaves))
        moved = [
            leaf + SIZE * jax.random.normal(own, leaf.shape, leaf.dtype)
            if jnp.issubdtype(leaf.dtype, jnp.floating)
            else leaf
            for own, leaf in zip(keys, leaves, strict=True)
        ]
        return jax.tree.unflatten(tree, moved), state

    return dataclasses.replace(stage, init=init)


def make_recipe_of(original):
    """`generators.make_recipe` whose networks are nudged."""

    def make_recipe(config, info) -> Recipe:
        recipe = original(config, info)
        stages = (nudged(s) if isinstance(s, Stage) else s for s in recipe.stages)
        return dataclasses.replace(recipe, stages=tuple(stages))

    return make_recipe


if __name__ == "__main__":
    from tsgen_jax import generators

    generators.make_recipe = make_recipe_of(generators.make_recipe)
    rounding.run_main()
