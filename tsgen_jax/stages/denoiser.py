"""Training of a network that tells noise from series, for diffusion models."""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.losses import reconstruction
from tsgen_jax.models.denoiser import Denoiser
from tsgen_jax.recipe import Measure, Part, Stage, Weights
from tsgen_jax.runs import limits
from tsgen_jax.sampling import diffusion
from tsgen_jax.training import batches

_OF_TRAINING = ("label_drop_rate", "process")  # Not of the network.


def make_model(config: ConfigDict, num_classes: int) -> Denoiser:
    """The network of `config.denoiser` for Y classes."""
    fields = {k: v for k, v in config.denoiser.items() if k not in _OF_TRAINING}
    return Denoiser(num_classes, dtype=jnp.dtype(config.precision), **fields)


def make_stage(config: ConfigDict, network: Denoiser, shape: tuple[int, int]) -> Stage:
    """The stage 'denoiser' on scaled series [L, C'] of this shape."""
    size = config.train.denoiser.batch_size
    process = diffusion.PROCESSES[config.denoiser.process]

    def init(key, batch, given):
        del given
        time = jnp.zeros(len(batch["x"]))
        return network.init(key, batch["x"], time, batch["label"], train=False), {}

    def loss_of(params, batch, label, time, noise, **apply):
        noisy, v = diffusion.add_noise(process, batch["x"], noise, time)
        said = network.apply(params, noisy, time, label, **apply)
        if "observed" in batch:
            return reconstruction.weighted_squared_error(v, said, batch["observed"])
        return jnp.square(v - said).mean()

    def loss_fn(params, model_state, batch, key):
        keys = jax.random.split(key, 4)
        num = len(batch["label"])
        # One time from each of B equal parts: the loss varies less than of B free ones.
        time = (jnp.arange(num) + jax.random.uniform(keys[0], (num,))) / num
        drop = jax.random.bernoulli(keys[1], config.denoiser.label_drop_rate, (num,))
        label = jnp.where(drop, network.num_classes, batch["label"])
        noise = jax.random.normal(keys[2], batch["x"].shape)
        apply = {"train": True, "rngs": {"dropout": keys[3]}}
        loss = loss_of(params, batch, label, time, noise, **apply)
        return loss, (model_state, {"loss": loss})

    @jax.jit
    def per_series(weights, rows, row):
        """Loss of each series, at times and noise that belong to its row."""

        def one(batch, row):
            batch = jax.tree.map(lambda a: a[None], batch)
            keys = jax.vmap(lambda i: jax.random.fold_in(jax.random.key(0), i))(
                row * 16 + jnp.arange(16)
            )
            noise = jax.vmap(lambda k: jax.random.normal(k, batch["x"].shape[1:]))(keys)
            time = (jnp.arange(16) + 0.5) / 16
            many = jax.tree.map(lambda a: jnp.repeat(a, 16, axis=0), batch)
            label = many["label"]
            return loss_of(weights, many, label, time, noise, train=False)

        return jax.lax.map(lambda at: one(*at), (rows, row))

    def evaluate(weights, rows):
        data = rows | {"row": np.arange(len(rows["label"]))}
        fn = lambda batch: per_series(  # noqa: E731
            weights, {k: v for k, v in batch.items() if k != "row"}, batch["row"]
        )
        losses = batches.map_batches(fn, data, config.evaluation.batch_size)
        return {"loss": losses.astype("float64").mean()}

    note = "Error of v on TEST, the class given, mean over times; a constant gives 1."
    return Stage(
        name="denoiser",
        example={
            "x": jax.ShapeDtypeStruct((size, *shape), jnp.float32),
            "label": jax.ShapeDtypeStruct((size,), jnp.int32),
        },
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params,
        rows=_rows,
        sections=("denoiser",),
        evaluate=evaluate,
        measures={"loss": Measure("denoising_error", "lower", 0.0, note)},
        about="a network learns to tell noise from series",
    )


def _rows(part: Part, given: Weights, train: bool) -> dict[str, np.ndarray]:
    del given, train
    rows = {"x": part.x, "label": part.label}
    return rows if part.observed is None else rows | {"observed": part.observed}


def _faults(config: ConfigDict) -> list[str]:
    """Widths that heads do not divide; classes that are never, or always, seen."""
    found, of = [], config.denoiser
    if of.width % of.num_heads:
        found.append(
            f"denoiser.width={of.width} must be a multiple of denoiser.num_heads="
            f"{of.num_heads}"
        )
    guided = config.sample.guidance_scale != 1 or not config.sample.class_conditional
    if guided and of.label_drop_rate == 0:
        found.append("denoiser.label_drop_rate=0 never trains without a class, which ")
    if config.sample.class_conditional and of.label_drop_rate == 1:
        found.append("denoiser.label_drop_rate=1 never shows a class: set ")
    return found


LIMITS = limits.Limits(
    choices={"denoiser.process": tuple(diffusion.PROCESSES)},
    ranges={
        "denoiser.patch": (1, 1024),
        "denoiser.width": (2, limits.WIDEST),
        "denoiser.num_layers": (1, 100),
        "denoiser.num_heads": (1, 1024),
        "denoiser.dropout": (0, 0.99),
        "denoiser.label_drop_rate": (0, 1),
    },
    faults=_faults,
    needed=("denoiser",),
    depth=lambda config: config.denoiser.num_layers,
)
