"""What generators that learn from a critic share: their recipe, limits, and views."""

import dataclasses
import functools
from collections.abc import Callable

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running, traversal
from tsgen_jax.generators.batched import Batched, label_use_of
from tsgen_jax.generators.drawn import Draw, Drawn
from tsgen_jax.losses.adversarial import GAMES
from tsgen_jax.recipe import Recipe, Stage
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.shown import Filters, Showing, View
from tsgen_jax.stages import adversarial
from tsgen_jax.types import Array, PyTree

_CRITIC = "the critic's first convolution"


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Game(Drawn, Showing):
    """Draws series, and shows what it learned; `Shows`, `Traceable`."""


def make_limits(
    name: str, ranges: dict, choices: dict | None = None, **fields
) -> Limits:
    """Limits of a game whose settings are `config[name]`.

    Args:
        name: of the section.
        ranges: of its own settings.
        choices: the same.
        **fields: others of `Limits`.
    """
    common = {
        "num_latents": (1, WIDEST),
        "width": (1, WIDEST),
        "penalty_weight": (0, INFINITY),
        "label_drop_rate": (0, 1),
    }
    known = {"loss": tuple(GAMES), **(choices or {})}
    return Limits(
        choices={f"{name}.{key}": value for key, value in known.items()},
        ranges={f"{name}.{key}": value for key, value in (common | ranges).items()},
        needed=("sample", name),
        **fields,
    )


def faults(name: str, config: ConfigDict) -> list[str]:
    """Classes never seen, or always; a kernel without a middle."""
    return free_running.label_faults(name, config) + tap_faults(name, config)


def tap_faults(name: str, config: ConfigDict) -> list[str]:
    """A kernel without a middle."""
    taps = config[name].taps
    return [f"{name}.taps={taps}: must be odd"] if taps % 2 == 0 else []


def make_recipe(
    config: ConfigDict,
    name: str,
    info: DataInfo,
    stages: tuple[Stage, ...],
    draw: Draw,
    about: str,
    views: Callable | None = None,
) -> Recipe:
    """The recipe of a game whose settings are `config[name]`.

    Args:
        config: of the run.
        name: of the section.
        info: of the series.
        stages: the last has the weights that `draw` takes.
        draw: (key, weights, label [B]) -> scaled series [B, L, C'].
        about: one sentence.
        views: see `Showing`; None: it shows nothing.
    """
    own = stages[-1].name

    @jax.jit
    def drawn(key, weights, label):
        return draw(key, weights[own], label)

    assemble = functools.partial(
        Drawn if views is None else functools.partial(Game, views=views),
        Batched(info, config.sample.batch_size),
        drawn,
        label_use=label_use_of(config[name].label_drop_rate),
        remarks="A GAN may leave out kinds of series: see its recall and coverage.",
    )
    return Recipe(stages=stages, assemble=assemble, settings=("sample",), about=about)


def views(
    of: Game,
    weights: PyTree,
    decode: Callable[[Array, Array], Array],
    begun: np.ndarray,
    num: int,
    label: Array,
) -> dict[str, View]:
    """The critic's first layer, and what normal latents do.

    Args:
        of: the generator.
        weights: of its stage.
        decode: (latents [B, Z], label [B]) -> scaled series [B, L, C'].
        begun: latents [Z] that all but one stay at; the first `num` are normal.
        num: of normal latents.
        label: int [n]; that of the first is shown.
    """
    values = traversal.DEVIATIONS
    latents = traversal.moved(begun, np.arange(num), np.tile(values, (num, 1)))
    kernel = np.asarray(weights[adversarial.FIRST_LAYER])
    return {
        "filters": Filters(_CRITIC, kernel.transpose(2, 0, 1)),
        "latents": traversal.traverse(
            of.info,
            decode,
            latents,
            label[0],
            tuple(f"latent {i + 1}" for i in range(num)),
            traversal.names_of(values, "sd"),
            "Normal latents one by one; all others stay as they were drawn.",
        ),
    }
