"""How much of its observation noise a generator's samples have.

Noise of the size of reconstruction errors is too much where errors are shape: so
samples with several shares of it are compared with TRAIN, as for tokens
(`residual_noise.compare`), and the best share is kept.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.missing import hold_ends
from tsgen_jax.generators import residual_noise
from tsgen_jax.recipe import Fitted, Generator, Stage

NAME = residual_noise.SCALE
limits_of = residual_noise.limits_of


def make_fitted(
    config: ConfigDict,
    scales: tuple[float, ...],
    stages: Sequence[Stage | Fitted],
    make: Callable[..., Generator],
) -> Fitted:
    """The stage of the share of noise, after all others.

    Args:
        config: of the run.
        scales: to compare; one is taken as it is.
        stages: those before it.
        make: `weights` of all stages, this one among them, -> the generator.
    """

    def fit(key, dataset, given):
        def draw(label):
            def series(scale):
                weights = given | {NAME: {"scale": np.float32(scale)}}
                return hold_ends(make(weights=weights).sample(key, label)["x"])

            return series

        choice = residual_noise.Choice(float(scales[0]), {})
        if len(scales) > 1:
            choice = residual_noise.compare(config, dataset, scales, draw)
        fids = {str(scale): fid for scale, fid in choice.fids.items()}
        summary = {"scale": choice.scale, "fid_minirocket": fids}
        return {"scale": np.float32(choice.scale)}, summary

    return Fitted(
        name=NAME,
        shapes={"scale": jax.ShapeDtypeStruct((), jnp.float32)},
        fit=fit,
        needs=tuple(stage.name for stage in stages),
        say=residual_noise.say,
        about="how much of that samples get as noise",
    )
