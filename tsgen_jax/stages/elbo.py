"""Stages of VAEs, trained by the ELBO with a weight of its KL term that rises."""

from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.recipe import Fitted, Measure, Stage, part_of
from tsgen_jax.runs.limits import INFINITY, Limits
from tsgen_jax.sampling import residual
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch

NOISES = ("correlated", "independent", "none")
RESIDUAL = "residual"  # The stage that measures correlated noise.
_MAX_FACTORS = 2**25  # Numbers C L^2 that it is drawn with: 128 MiB.
_MAX_SERIES = 2000  # Of a part, to measure errors on.


class Network(Protocol):
    """A Flax module of an encoder and a decoder; B series [L, C], classes [0, Y]."""

    length: int  # L
    channels: int  # C
    num_classes: int  # Y; label Y is no class.
    noise_size: int  # Standard normal numbers that a series takes.

    def __call__(self, x: Array, label: Array, noise: Array, observed: Array | None):
        """log p(x | z) and the KL term, nats, float [B] each."""

    def reconstruct(self, x: Array, label: Array):
        """The mean at the posterior's mean, float [B, L, C]."""

    def decode(self, noise: Array, label: Array):
        """Noise of the prior -> parts of the mean [S, B, L, C], deviation [B, L, C]."""


def limits(name: str) -> Limits:
    """Of the keys that `make_stage` and `Programs` read, in the section `name`."""

    def faults(config):
        if config.sample.class_conditional or config[name].label_drop_rate > 0:
            return []
        return [
            f"{name}.label_drop_rate=0 never trains without a class, which "
            "sample.class_conditional=False needs: set it above 0"
        ]

    def check_info(config, info):
        size = info.scaled_channels * info.length**2
        if config[name].observation_noise == "correlated" and size > _MAX_FACTORS:
            raise ValueError(
                f"{name}.observation_noise='correlated' of series of {info.length} time "
                f"points needs {size} numbers, more than {_MAX_FACTORS}: set it to "
                "'independent'."
            )

    return Limits(
        choices={f"{name}.observation_noise": NOISES},
        ranges={
            f"{name}.beta": (0, INFINITY),
            f"{name}.warmup_steps": (0, INFINITY),
            f"{name}.label_drop_rate": (0, 1),
        },
        faults=faults,
        check_info=check_info,
        needed=("sample", name),
    )


def make_elbo(network: Network):
    """Jitted (key, params, x, label, draws int [R]) -> the ELBO, nats [B, R].

    Noise belongs to the draw, and is the same for every series.
    """

    @jax.jit
    def elbo(key, params, x, label, draws):
        def one(i):
            shape = 1, network.noise_size
            noise = jax.random.normal(jax.random.fold_in(key, i), shape)
            noise = jnp.broadcast_to(noise, (len(x), shape[1]))
            given, kl = network.apply({"params": params}, x, label, noise)
            return given - kl

        return jax.lax.map(one, draws).T

    return elbo


def make_residual(config: ConfigDict, name: str, network: Network) -> Fitted:
    """The stage 'residual': how errors of reconstructions are spread and correlated.

    Their size is that of the validation part; see `sampling/residual.py`.
    """
    length, channels = network.length, network.channels

    def fit(key, dataset, given):
        del key

        @jax.jit
        def errors(batch):
            of = {"params": given[name]}, batch["x"], batch["label"]
            return batch["x"] - network.apply(*of, method="reconstruct")

        found = []
        for part in (part_of(dataset, "train"), part_of(dataset, "valid")):
            rows = {"x": part.x[:_MAX_SERIES], "label": part.label[:_MAX_SERIES]}
            each = rows["x"]
            if len(each):
                size = config.evaluation.batch_size
                each = batches.map_batches(errors, rows, size)
            seen = part.observed
            seen = None if seen is None else seen[:_MAX_SERIES]
            found.append(residual.Errors(each, rows["label"], seen))
        return residual.roots(residual.fit(*found, network.num_classes)), {}

    shapes = (length, channels), (channels, length, length), (channels, channels)
    shapes += ((network.num_classes + 1,),)
    return Fitted(
        name=RESIDUAL,
        shapes=residual.Roots(*(jax.ShapeDtypeStruct(s, jnp.float32) for s in shapes)),
        fit=fit,
        needs=(name,),
        about="what reconstructions leave out of series is measured",
    )


def make_stage(config: ConfigDict, name: str, network: Network) -> Stage:
    """The stage of `config[name]`: the ELBO with a rising weight of its KL term."""
    settings, none = config[name], network.num_classes
    shape, elbo = (1, network.length, network.channels), make_elbo(network)
    values = network.length * network.channels

    def init(key, batch, given):
        del given
        noise = jnp.zeros((len(batch["x"]), network.noise_size))
        params = network.init(key, batch["x"], batch["label"], noise)["params"]
        return params, {"step": jnp.zeros((), jnp.int32)}

    def loss_fn(params, model_state, batch, key):
        key_noise, key_drop = jax.random.split(key)
        x, label = batch["x"], batch["label"]
        noise = jax.random.normal(key_noise, (len(x), network.noise_size))
        drop = jax.random.bernoulli(key_drop, settings.label_drop_rate, label.shape)
        label = jnp.where(drop, none, label)
        found = network.apply(
            {"params": params}, x, label, noise, batch.get("observed")
        )
        given, kl = (term.mean() / values for term in found)
        step = model_state["step"] + 1
        risen = jnp.minimum(1.0, step / max(settings.warmup_steps, 1))
        loss = settings.beta * risen * kl - given
        metrics = {"loss": loss, "loss_reconstruction": -given, "loss_kl": kl}
        return loss, ({"step": step}, metrics)

    def rows(part, given, train):
        del given
        seen = {} if part.observed is None or not train else {"observed": part.observed}
        return {"x": part.x, "label": np.asarray(part.label, np.int32), **seen}

    def evaluate(weights, rows: Batch):
        draws, key = np.arange(config.evaluation.num_mask_draws), jax.random.key(0)
        found = batches.map_batches(
            lambda batch: elbo(key, weights, batch["x"], batch["label"], draws),
            rows,
            config.evaluation.batch_size,
        )
        return {"loss": -found.astype(np.float64).mean() / values}

    return Stage(
        name=name,
        example={
            "x": jax.ShapeDtypeStruct(shape, jnp.float32),
            "label": jax.ShapeDtypeStruct((1,), jnp.int32),
        },
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params,
        rows=rows,
        evaluate=evaluate,
        measures={
            "loss": Measure(
                "elbo_per_value",
                "lower",
                None,
                "-ELBO of TEST, class given, nats per value of scaled series.",
            )
        },
        curves=("loss", "loss_reconstruction", "loss_kl", "grad_norm"),
        about="an encoder and a decoder learn series through latents, by class",
    )
