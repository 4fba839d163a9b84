"""A diffusion model, or a rectified flow, on scaled series, by class.

DDPM (Ho et al. 2020, https://arxiv.org/abs/2006.11239) in continuous time with a cosine
schedule, v-prediction, classifier-free guidance, and an average of the weights, without
which samples are poor. `denoiser.process='rectified_flow'`: straight paths from noise to
series (Liu et al. 2023, https://arxiv.org/abs/2209.03003). One stage: 'denoiser'.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched, check_label
from tsgen_jax.recipe import Recipe, Weights
from tsgen_jax.runs import limits
from tsgen_jax.sampling import diffusion, guidance
from tsgen_jax.stages import denoiser
from tsgen_jax.types import Array

WORDS = {"cosine": "diffusion model", "rectified_flow": "rectified flow"}
_SHOWN = 10  # Steps that `unfold` gives.


class Programs:
    """What a recipe compiles, once; weights are arguments."""

    def __init__(self, config: ConfigDict, info: DataInfo):
        """Compiles nothing."""
        self.network = denoiser.make_model(config, info.num_classes)
        self.process = diffusion.PROCESSES[config.denoiser.process]
        self.settings, self.inpainting = config.sample, config.inpaint
        self.shape = info.length, info.scaled_channels
        self.batched = Batched(info, config.sample.batch_size)

    def v_fn(self, weights, label: Array) -> diffusion.VFn:
        """(x_t, t) -> v, in use, with guidance."""

        def v_fn(x, time):
            both = lambda x, label: self.network.apply(  # noqa: E731
                weights, x, jnp.resize(time, len(x)), label, train=False
            )
            scale = self.settings.guidance_scale
            return guidance.guide(both, label, self.network.num_classes, scale)(x)

        return v_fn

    def steps(self, key: Array, weights, label: Array) -> tuple[Array, Array]:
        """Series [B, L, C'] and those that the network saw at every step."""
        shape = (label.shape[0], *self.shape)
        of = self.settings
        v_fn = self.v_fn(weights, label)
        settings = of.num_steps, of.eta
        return diffusion.sample(self.process, key, v_fn, shape, *settings)

    @functools.cached_property
    def sample(self):
        """Jitted (weights, key, label [B]) -> scaled series [B, L, C']."""
        return jax.jit(lambda weights, key, label: self.steps(key, weights, label)[0])

    @functools.cached_property
    def unfold(self):
        """Jitted (weights, key, label [B]) -> some steps, [B, S, L, C']."""
        num = self.settings.num_steps
        at = np.unique(np.linspace(0, num - 1, min(num, _SHOWN)).astype(int))

        @jax.jit
        def unfold(weights, key, label):
            last, seen = self.steps(key, weights, label)
            return jnp.concatenate([seen[at], last[None]]).swapaxes(0, 1)

        return unfold

    @functools.cached_property
    def inpaint(self):
        """Jitted (weights, key, x, observed, label) -> scaled series."""
        of = self.inpainting

        @jax.jit
        def inpaint(weights, key, x, observed, label):
            v_fn = self.v_fn(weights, label)
            settings = of.num_steps, self.settings.eta, of.num_repeats
            return diffusion.inpaint(self.process, key, v_fn, x, observed, *settings)

        return inpaint


@dataclasses.dataclass(frozen=True, eq=False)
class Diffusion:
    """Draws, completes and unfolds series in original units."""

    programs: Programs
    weights: Weights
    label_use: str

    remarks = ""

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.programs.batched.info

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """See `recipe.Generator`."""
        draw = functools.partial(self.programs.sample, self.weights["denoiser"])
        return {"x": self.programs.batched.sample(key, label, draw)}

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """See `recipe.Inpaints`."""
        draw = functools.partial(self.programs.inpaint, self.weights["denoiser"])
        return self.programs.batched.inpaint(key, x, observed, label, num, draw)

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

    def program(self, key: Array, label: Array) -> jax.Array:
        """See `recipe.Traceable`."""
        first = jax.random.fold_in(key, 0)
        return self.programs.steps(first, self.weights["denoiser"], label)[0]


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
    label_use = "always" if rate == 0 else "never" if rate == 1 else "optional"
    return Recipe(
        stages=(denoiser.make_stage(config, programs.network, programs.shape),),
        assemble=lambda weights: Diffusion(programs, weights, label_use),
        settings=("sample", "inpaint", "precision"),
        about=f"A {WORDS[config.denoiser.process]} on series, with a transformer over patches.",
    )
