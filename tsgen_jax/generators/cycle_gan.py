"""CycleGAN: training series of one class, translated into another.

Zhu et al. 2017, https://arxiv.org/abs/1703.10593. A sample of a class is a training series
of another class, translated; `unfold` shows both. One stage that is trained: 'cycle_gan',
see `stages/cycle_gan.py`; the stage 'series' keeps the training series.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import floors, games
from tsgen_jax.generators.batched import Batched, check_label
from tsgen_jax.generators.drawn import Unfolding, programs_of
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.shown import Filters, Showing
from tsgen_jax.stages import adversarial, cycle_gan
from tsgen_jax.types import Array


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Translating(Unfolding, Showing):
    """Draws series by translation, and translates given ones; `Unfolds`, `Shows`.

    Attributes:
        translated: jitted, of the recipe: (weights, scaled series [B, L, C'], label [B])
            -> scaled series.
    """

    translated: jax.stages.Wrapped

    def translate(self, x: Array, label: Array) -> np.ndarray:
        """Series of other classes.

        Args:
            x: series in original units, float [n, L, C].
            label: classes to translate them into, int [n] in [0, Y).

        Returns:
            float32 [n, L, C].
        """
        rows = {
            "x": self.info.scaler.transform(x),
            "label": check_label(label, self.info.num_classes),
        }
        of = lambda _, batch: self.translated(self.weights, **batch)  # noqa: E731
        return self.info.scaler.inverse(self.batched.map(of, rows, "translating"))


GENERATOR = Translating


def _faults(config: ConfigDict) -> list[str]:
    """Samples without a class; a kernel without a middle."""
    found = []
    if not config.sample.class_conditional:
        found.append("cycle_gan translates into a class: sample.class_conditional=True")
    return found + games.tap_faults("cycle_gan", config)


def _check_info(config: ConfigDict, info: DataInfo) -> None:
    """Two classes at least."""
    del config
    if info.num_classes < 2:
        raise ValueError(
            f"cycle_gan translates between classes, and {info.name} has "
            f"{info.num_classes}: take another generator, such as gan."
        )


LIMITS = (
    adversarial.optimizer_limits(cycle_gan.NAME),
    Limits(
        ranges={
            "cycle_gan.width": (1, WIDEST),
            "cycle_gan.taps": (1, 1001),
            "cycle_gan.cycle_weight": (0, INFINITY),
            "cycle_gan.identity_weight": (0, INFINITY),
            "cycle_gan.penalty_weight": (0, INFINITY),
        },
        faults=_faults,
        check_info=_check_info,
        needed=("sample", "cycle_gan"),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks = cycle_gan.make_networks(config.cycle_gan, info)
    rows, num = floors.Rows(info), info.num_classes

    def translated(weights, x, label):
        return networks.translate(weights[cycle_gan.NAME], x, label)

    def states(key, weights, label):
        keys = jax.random.split(key, 3)
        any_class = jax.random.randint(keys[0], label.shape, 0, num)
        label = jnp.where(label == num, any_class, label)
        source = cycle_gan.other_class(keys[1], label, num)
        x = weights[floors.SERIES]["x"][rows.draw(keys[2], source, 1)[:, 0]]
        return jnp.stack([x, translated(weights, x, label)])

    programs = {**programs_of(states), "translated": jax.jit(translated)}
    batched = Batched(info, config.sample.batch_size)
    return Recipe(
        stages=(
            cycle_gan.make_stage(config, networks, info),
            floors.make_series(info),
        ),
        assemble=lambda weights: Translating(
            batched, weights=weights, label_use="always", views=_views, **programs
        ),
        settings=("sample",),
        about="CycleGAN: series of one class, translated into another." + floors.HOLDS,
    )


def _views(of: Translating, *given):
    """Filters of the translator; see `shown.Shows`."""
    del given
    kernel = np.asarray(adversarial.first_layer(of.weights[cycle_gan.NAME]))
    what = "the translator's first convolution"
    return {"filters": Filters(what, kernel.transpose(2, 0, 1))}
