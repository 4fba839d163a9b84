"""A causal transformer on discretised values.

Shalova and Oseledets 2020, "Deep Representation Learning for Dynamical Systems
Modeling", https://arxiv.org/abs/2002.05111: values become bins, the network is trained
by cross-entropy and sampled one time point after the other. Bins hold equal shares of
TRAIN's values of a channel; a drawn bin becomes a value drawn evenly within it.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.completing import Completing
from tsgen_jax.generators.free_running import label_faults
from tsgen_jax.models import attention, autoregressive, particles
from tsgen_jax.models.causal_transformer import POSITIONS, CausalTransformer
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.shown import Attention, Showing
from tsgen_jax.stages import autoregressive as stage
from tsgen_jax.stages import bins


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Reading(Completing, Showing):
    """Draws and completes series, and shows what it reads; `Shows` besides."""


GENERATOR = Reading
LIMITS = (
    Limits(
        choices={"transformer.positions": POSITIONS},
        ranges={
            "transformer.num_bins": (2, WIDEST),
            "transformer.width": (2, WIDEST),
            "transformer.num_layers": (1, 100),
            "transformer.num_heads": (1, 1024),
            "transformer.head_width": (2, WIDEST),
            "transformer.mlp_ratio": (1, 100),
            "transformer.dropout": (0, 0.99),
            "transformer.input_noise": (0, INFINITY),
            "transformer.corruption": (0, 1),
            "transformer.label_drop_rate": (0, 1),
            "sample.temperature": (1e-6, INFINITY),
            "inpaint.num_particles": (1, 2**16),
        },
        faults=lambda config: _even(config) + label_faults("transformer", config),
        needed=("sample", "inpaint", "transformer"),
    ),
)


def _even(config: ConfigDict) -> list[str]:
    names = ("width", "head_width")
    odd = [f"transformer.{n}" for n in names if config.transformer[n] % 2]
    return [f"{key} must be even: positions are pairs of numbers" for key in odd]


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings, channels = config.transformer, info.scaled_channels
    names = ("num_layers", "num_heads", "head_width", "mlp_ratio", "positions")
    trunk = CausalTransformer(
        width=settings.width,
        length=info.length,
        dropout=settings.dropout,
        **{name: settings[name] for name in names},
    )
    network = autoregressive.Tokens(
        trunk, settings.width, channels, info.num_classes, settings.num_bins
    )
    batched = Batched(info, config.sample.batch_size)

    @jax.jit
    def draw(key, weights, label):
        key_run, key_within = jax.random.split(key)
        tokens = autoregressive.free_run(
            network,
            weights[stage.NAME],
            key_run,
            label,
            info.length,
            config.sample.temperature,
        )
        return bins.to_values(key_within, weights[bins.NAME]["edges"], tokens)

    @functools.partial(jax.jit, static_argnames="num")
    def complete(key, weights, x, observed, label, num):
        key_run, key_within = jax.random.split(key)
        params, edges = weights[stage.NAME], weights[bins.NAME]["edges"]
        given = bins.tokens_of(edges, x)
        tokens = particles.complete(
            network, params, key_run, given, observed, label, num
        )
        return jnp.where(observed, x, bins.to_values(key_within, edges, tokens))

    trained = stage.make_stage(
        network,
        (info.length, channels),
        num_classes=info.num_classes,
        disturb=bins.make_disturb(settings),
        label_drop_rate=settings.label_drop_rate,
        batch_size=config.evaluation.batch_size,
        sections=("transformer", "evaluation"),
        rows=lambda part, given: bins.to_tokens(given[bins.NAME]["edges"], part.x),
        needs=(bins.NAME,),
        about="a transformer learns which value comes next",
    )
    return Recipe(
        stages=(bins.make_stage(settings.num_bins, channels), trained),
        assemble=lambda weights: Reading(
            batched,
            draw,
            weights,
            complete=complete,
            num_particles=config.inpaint.num_particles,
            views=functools.partial(_views, network),
        ),
        settings=("sample", "inpaint"),
        about=(
            f"A causal transformer on values in {settings.num_bins} bins, "
            f"{settings.positions} positions."
        ),
    )


def _views(network: autoregressive.Tokens, of: Reading, key, x, label):
    """What is read of the values before a time point; see `shown.Shows`."""
    del key
    scaled = of.info.scaler.transform(x)
    tokens = bins.to_tokens(of.weights[bins.NAME]["edges"], scaled)
    variables = {"params": of.weights[stage.NAME]}
    layers = attention.weights(network, variables, tokens, label, train=False)
    # Before the first value stands a start; the last one is read by nothing.
    layers = {
        name: np.pad(w[..., 1:], ((0, 0), (0, 0), (0, 1))) for name, w in layers.items()
    }
    what = (
        "What the transformer reads of the values before a time point to say what comes "
        "there. Mean over heads; left out is what it reads of the start."
    )
    names = tuple(of.info.classes[k] for k in label)
    return {"attention": Attention(layers, x, names, what)}
