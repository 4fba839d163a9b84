"""A diffusion model, or a rectified flow, on scaled series, by class.

DDPM (Ho et al. 2020, https://arxiv.org/abs/2006.11239) in continuous time with a cosine
schedule, v-prediction, classifier-free guidance, and an average of the weights, without
which samples are poor. `denoiser.process='rectified_flow'`: straight paths from noise to
series (Liu et al. 2023, https://arxiv.org/abs/2209.03003). One stage: 'denoiser'.
"""

import dataclasses
import functools

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched, check_label, label_use_of
from tsgen_jax.generators.diffusion_programs import Programs
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs import limits
from tsgen_jax.shown import View
from tsgen_jax.stages import denoiser
from tsgen_jax.types import Array

WORDS = {"cosine": "diffusion model", "rectified_flow": "rectified flow"}


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Diffusion(Drawn):
    """Draws, completes and unfolds; `Inpaints`, `Unfolds`, `Traceable`, `Shows`.

    Attributes:
        programs: of the recipe.
    """

    programs: Programs

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """See `recipe.Inpaints`."""
        draw = functools.partial(self.programs.inpaint, self.weights["denoiser"])
        return self.batched.inpaint(key, x, observed, label, num, draw)

    def outpainting(self) -> "Diffusion":
        """Itself."""
        return self

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """The series that the network sees in the noise, step by step."""
        label = check_label(label, self.info.num_classes)
        steps = self.programs.unfold(self.weights["denoiser"], key, label)
        steps = np.asarray(steps).swapaxes(0, 1)
        x = self.info.scaler.inverse(steps.reshape(-1, *steps.shape[2:]))
        return {"x": x.reshape(*steps.shape[:2], *x.shape[1:])}

    def show(self, key: Array, x: Array, label: Array) -> dict[str, View]:
        """Filters of its patches, and what each patch reads; see `shown.Shows`."""
        return self.programs.views(self.weights["denoiser"], key, x, label, self.info)


GENERATOR = Diffusion
LIMITS = (
    denoiser.LIMITS,
    limits.Limits(
        ranges={
            "sample.num_steps": (1, 10_000),
            "sample.eta": (0, 1),
            "sample.guidance_scale": (0, limits.INFINITY),
            "inpaint.num_steps": (1, 10_000),
            "inpaint.num_repeats": (1, 1000),
        },
        needed=("sample", "inpaint"),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    programs = Programs(config, info)
    rate = config.denoiser.label_drop_rate
    make = functools.partial(
        Diffusion,
        Batched(info, config.sample.batch_size),
        programs.sample,
        label_use=label_use_of(rate),
        programs=programs,
    )
    return Recipe(
        stages=(denoiser.make_stage(config, programs.network, programs.shape),),
        assemble=make,
        settings=("sample", "inpaint", "precision"),
        about=f"A {WORDS[config.denoiser.process]} on series, with a transformer over patches.",
    )
