"""What a diffusion model of series compiles: samples, their steps, and completion."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.models import attention, first_layer
from tsgen_jax.sampling import diffusion, guidance
from tsgen_jax.shown import Attention, Filters
from tsgen_jax.stages import denoiser
from tsgen_jax.types import Array

_SHOWN = 10  # Steps that `unfold` gives.


class Programs:
    """What a recipe compiles, once; weights are arguments."""

    def __init__(self, config: ConfigDict, info: DataInfo):
        """Compiles nothing."""
        self.network = denoiser.make_model(config, info.num_classes)
        self.process = diffusion.PROCESSES[config.denoiser.process]
        self.settings, self.inpainting = config.sample, config.inpaint
        self.shape = info.length, info.scaled_channels

    def v_fn(self, weights, label: Array) -> diffusion.VFn:
        """(x_t, t) -> v, in use, with guidance."""

        def v_fn(x, time):
            def both(x, label):
                times = jnp.broadcast_to(time, x.shape[:1])
                return self.network.apply(weights, x, times, label, train=False)

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
        """Jitted (key, weights, label [B]) -> scaled series [B, L, C']."""

        @jax.jit
        def sample(key, weights, label):
            return self.steps(key, weights["denoiser"], label)[0]

        return sample

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

    def views(self, weights, key: Array, x: Array, label: Array, info: DataInfo):
        """Filters of the patches, and what each of them reads in half noised series.

        Arguments and what it gives as of `shown.Shows`.
        """
        network, scaled = self.network, info.scaler.transform(x)
        half, noise = jnp.full(len(scaled), 0.5), jax.random.normal(key, scaled.shape)
        noisy, _ = diffusion.add_noise(self.process, scaled, noise, half)
        layers = attention.weights(network, weights, noisy, half, label, train=False)

        def layer(x):
            of = weights, ("Dense_0",), x, half[:1], label[:1]
            return first_layer.output(network, *of, train=False)

        what = "What each patch reads of the others in series at half the noise."
        names = tuple(info.classes[k] for k in label)
        return {
            "filters": Filters(
                "the map of overlapping patches",
                first_layer.filters(layer, *self.shape),
            ),
            "attention": Attention(
                layers, x, names, what + " Mean over heads.", size=network.patch
            ),
        }
