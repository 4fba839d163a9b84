"""The stage 'flow': maximum likelihood of whitened series, blurred a little.

Training adds noise with TRAIN's own covariance to series: without it, a flow puts its
density on the few series there are.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.scaling import Scaler
from tsgen_jax.models import flows
from tsgen_jax.recipe import Measure, Stage
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.stages import whitening
from tsgen_jax.training import batches
from tsgen_jax.types import Array

_SIZES = ("num_blocks", "hidden", "num_layers", "embed_width", "num_bins", "bound")
_SIZES += ("num_squares", "degree", "num_units")
_MEASURE = Measure(
    "nats_per_value",
    "lower",
    None,
    "-log p(series | class) / values, of whitened series; lower is more probable.",
    {"gaussian": 0.5 * math.log(2 * math.pi * math.e)},
)


def check_info(config: ConfigDict, info: DataInfo) -> None:
    """ValueError for series that this flow cannot model."""
    dim = info.length * info.scaled_channels
    if not 2 <= dim <= whitening.MAX_DIM:
        raise ValueError(
            f"generator=flow takes series of 2 to {whitening.MAX_DIM} values, these have "
            f"{dim} (time points times channels): cut them by data.window, or choose "
            "another generator."
        )
    if config.flow.dequantise and not isinstance(info.scaler, Scaler):
        raise ValueError(
            "flow.dequantise is for series of equal length, scaled by data.scaling="
            "'standard' or 'robust': set it to False."
        )


LIMITS = Limits(
    choices={"flow.kind": tuple(flows.KINDS), "flow.dequantise": (False, True)},
    ranges={
        "flow.num_modes": (0, whitening.MAX_DIM),
        "flow.num_blocks": (1, 64),
        "flow.hidden": (1, WIDEST),
        "flow.num_layers": (1, 16),
        "flow.embed_width": (1, WIDEST),
        "flow.num_bins": (2, 64),
        "flow.bound": (1e-3, INFINITY),
        "flow.num_squares": (1, 16),
        "flow.degree": (1, 4),
        "flow.num_units": (1, 256),
        "flow.noise": (0, 0.999),
        "flow.shrinkage": (0, 1),
        "flow.class_weight": (0, INFINITY),
    },
    check_info=check_info,
    needed=("sample", "flow"),
    depth=lambda config: config.flow.num_blocks,
)


class Network:
    """The flow over the first `num_modes` of whitened values; the rest is normal."""

    def __init__(self, config: ConfigDict, info: DataInfo):
        """Compiles nothing."""
        settings = config.flow
        self.info, self.dim = info, info.length * info.scaled_channels
        self.modes = min(settings.num_modes or self.dim, self.dim)
        self.dequantise = settings.dequantise
        self.flow = flows.Flow(
            kind=settings.kind,
            dim=self.modes,
            num_classes=info.num_classes,
            **{name: settings[name] for name in _SIZES},
        )

    def __getstate__(self):
        """Without what was compiled."""
        return {k: v for k, v in vars(self).items() if k != "rate"}

    @functools.cached_property
    def rate(self):
        """`log_prob`, jitted."""
        return jax.jit(self.log_prob)

    def log_prob(self, params, u: Array, label: Array) -> jax.Array:
        """Log-density of whitened series [B, D] of classes in [0, Y), nats [B]."""
        some, rest = u[:, : self.modes], u[:, self.modes :]
        found = self.flow.apply({"params": params}, some, label, method="log_prob")
        return found + flows.log_normal(rest)

    def unfold(self, params, z: Array, label: Array) -> jax.Array:
        """Noise [B, D] to whitened series, block by block, [S + 1, B, D]."""
        some, rest = z[:, : self.modes], z[None, :, self.modes :]
        states, _ = self.flow.apply({"params": params}, some, label, method="unfold")
        rest = jnp.broadcast_to(rest, (len(states), *rest.shape[1:]))
        return jnp.concatenate([states, rest], axis=-1)


def make_stage(config: ConfigDict, network: Network) -> Stage:
    """The stage 'flow': maximum likelihood of whitened series with noise."""
    noise, modes = config.flow.noise, network.modes

    def blurred(key, batch, model_state):
        """As many deviations as before; whole numbers and a fraction, first."""
        u, (key_noise, key_fraction) = batch["x"], jax.random.split(key)
        if network.dequantise:
            fraction = jax.random.uniform(key_fraction, u.shape)
            u = u + whitening.apply(model_state["step"], fraction, batch["label"])
        return math.sqrt(1 - noise**2) * u + noise * jax.random.normal(
            key_noise, u.shape
        )

    def init(key, batch, given):
        model_state = {}
        if network.dequantise:
            std = jnp.asarray(network.info.scaler.std, jnp.float32)
            step = jnp.tile(1 / std, network.info.length)  # Of 1 in original units.
            model_state["step"] = given["whitening"]["to_noise"] * step[None, :, None]
        key_init, key_noise = jax.random.split(key)
        u = blurred(key_noise, batch, model_state)[:, :modes]
        params = network.flow.init(key_init, u, batch["label"])["params"]
        return params, model_state

    def loss_fn(params, model_state, batch, key):
        u, label = blurred(key, batch, model_state), batch["label"]
        variables = {"params": params}
        found = network.flow.apply(variables, u[:, :modes], label, method="log_prob")
        loss = -found.mean() / modes
        return loss, (model_state, {"loss": loss})

    def rows(part, given, train):
        label = np.asarray(part.label, np.int32)
        x = part.x
        if network.dequantise and not train:  # The middle of a whole number.
            x = x + np.float32(0.5) / network.info.scaler.std.astype(np.float32)
        return {"x": whitening.whiten(given["whitening"], x, label), "label": label}

    def evaluate(weights, rows):
        found = batches.map_batches(
            lambda batch: network.rate(weights, batch["x"], batch["label"]),
            rows,
            config.evaluation.batch_size,
        )
        return {"loss": -found.astype(np.float64).mean() / network.dim}

    return Stage(
        name="flow",
        needs=(whitening.NAME,),
        example={
            "x": jax.ShapeDtypeStruct((1, network.dim), jnp.float32),
            "label": jax.ShapeDtypeStruct((1,), jnp.int32),
        },
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params,
        rows=rows,
        evaluate=evaluate,
        measures={"loss": _MEASURE},
        curves=("loss", "grad_norm"),
        about="invertible layers learn what is not normal in series, by class",
    )
