"""A causal transformer on discretised values.

Shalova and Oseledets 2020, "Deep Representation Learning for Dynamical Systems
Modeling", https://arxiv.org/abs/2002.05111: values become bins, the network is trained
by cross-entropy and sampled one time point after the other. Bins hold equal shares of
TRAIN's values of a channel; a drawn bin becomes a value drawn evenly within it.
"""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.generators.free_running import label_faults
from tsgen_jax.models import autoregressive
from tsgen_jax.models.causal_transformer import POSITIONS, CausalTransformer
from tsgen_jax.recipe import Fitted, Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.stages import autoregressive as stage
from tsgen_jax.types import Array

GENERATOR = Drawn
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
        },
        faults=lambda config: _even(config) + label_faults("transformer", config),
        needed=("sample", "transformer"),
    ),
)
_BINS = "bins"


def _even(config: ConfigDict) -> list[str]:
    names = ("width", "head_width")
    odd = [f"transformer.{n}" for n in names if config.transformer[n] % 2]
    return [f"{key} must be even: positions are pairs of numbers" for key in odd]


def make_bins(num: int, channels: int) -> Fitted:
    """The stage 'bins': 'edges' float32 [C', K + 1], quantiles of TRAIN.

    The outermost are its least and greatest value: nothing beyond them is generated.
    """

    def fit(key, dataset, given):
        del key, given
        data = dataset.network_data("train")
        seen = data.get("observed", np.ones(data["x"].shape, bool))
        levels = np.linspace(0, 1, num + 1)
        values = (data["x"][..., c][seen[..., c]] for c in range(channels))
        edges = np.stack([np.quantile(v, levels) for v in values])
        return {"edges": edges.astype(np.float32)}, {}

    return Fitted(
        name=_BINS,
        shapes={"edges": jax.ShapeDtypeStruct((channels, num + 1), jnp.float32)},
        fit=fit,
        about="quantiles that values are told apart by",
    )


def to_tokens(edges: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The bin of every value, [..., C'] -> int32 in [0, K); edges belong to the upper."""
    inner = np.asarray(edges)[:, 1:-1]
    each = [np.searchsorted(e, x[..., c], "right") for c, e in enumerate(inner)]
    return np.stack(each, axis=-1).astype(np.int32)


def to_values(key: Array, edges: Array, tokens: Array) -> jax.Array:
    """A value evenly within every bin, int [..., C'] -> float32 [..., C']."""
    channel = jnp.arange(edges.shape[0]).reshape((1,) * (tokens.ndim - 1) + (-1,))
    low, high = edges[channel, tokens], edges[channel, tokens + 1]
    return low + jax.random.uniform(key, tokens.shape) * (high - low)


def make_disturb(settings: ConfigDict):
    """(key, tokens) -> tokens as the network is shown them in training.

    Bins are moved by `input_noise` of them (deviation), and a share `corruption` is
    drawn from all.
    """
    num = settings.num_bins

    def disturb(key, tokens):
        key_move, key_which, key_what = jax.random.split(key, 3)
        move = settings.input_noise * jax.random.normal(key_move, tokens.shape)
        moved = tokens + jnp.rint(move).astype(jnp.int32)
        which = jax.random.bernoulli(key_which, settings.corruption, tokens.shape)
        any_of_them = jax.random.randint(key_what, tokens.shape, 0, num)
        return jnp.clip(jnp.where(which, any_of_them, moved), 0, num - 1)

    return disturb


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
        return to_values(key_within, weights[_BINS]["edges"], tokens)

    trained = stage.make_stage(
        network,
        (info.length, channels),
        num_classes=info.num_classes,
        disturb=make_disturb(settings),
        label_drop_rate=settings.label_drop_rate,
        batch_size=config.evaluation.batch_size,
        sections=("transformer", "evaluation"),
        rows=lambda part, given: to_tokens(given[_BINS]["edges"], part.x),
        needs=(_BINS,),
        about="a transformer learns which value comes next",
    )
    return Recipe(
        stages=(make_bins(settings.num_bins, channels), trained),
        assemble=lambda weights: Drawn(batched, draw, weights),
        settings=("sample",),
        about=(
            f"A causal transformer on values in {settings.num_bins} bins, "
            f"{settings.positions} positions."
        ),
    )
