"""The sampler as a program that runs with jax alone: jax.export, weights inside.

from jax import export
sampler = export.deserialize(open("sampler.jaxexport", "rb").read())
x = sampler.call(numpy.uint32(0), numpy.zeros(16, "int32"))  # [16, L, C]
"""

import functools
import importlib.util

import jax
import jax.export
import jax.numpy as jnp
import numpy as np

from tsgen_jax.constraints.rules import Rules
from tsgen_jax.data.dataset import Scaler
from tsgen_jax.recipe import Traceable

PLATFORMS = ("cpu", "cuda", "tpu")


def check() -> None:
    """Raises ValueError where jax cannot write programs: it needs flatbuffers."""
    if importlib.util.find_spec("flatbuffers") is None:
        raise ValueError(
            "jax needs flatbuffers to write the sampler: pip install flatbuffers, or "
            "export without the sampler (--no-sampler)."
        )


def check_rules(rules: Rules) -> None:
    """Raises ValueError for constraints that have no form in jax."""
    if rules.sums or rules.direction.any():
        raise ValueError(
            "Constraints of sums and of monotone channels cannot go into a sampler of "
            "jax alone: export without the sampler (--no-sampler)."
        )


def make_sampler(
    generator: Traceable, rules: Rules | None = None
) -> jax.export.Exported:
    """(seed uint32, label int32 [B]) -> series float32 [B, L, C], as a program.

    B is free. Labels are class numbers, Y for no class. With at most
    `config.sample.batch_size` series they are those of `Model.sample` with the same
    seed and labels, where no series is drawn again: bounds and integers are satisfied
    by projection alone. `.serialize()` makes it bytes.

    Raises:
        ValueError: the model's scaling, or one of its rules, has no form in jax.
    """
    inverse, bounded = _inverse(generator.info.scaler), _bounds(rules)

    @jax.jit
    def sample(seed, label):
        return bounded(inverse(generator.program(jax.random.key(seed), label)))

    (size,) = jax.export.symbolic_shape("b")
    return jax.export.export(sample, platforms=PLATFORMS)(
        jax.ShapeDtypeStruct((), jnp.uint32), jax.ShapeDtypeStruct((size,), jnp.int32)
    )


def _bounds(rules: Rules | None):
    """(series [B, L, C]) -> the nearest ones within bounds, of integers where asked."""
    if not rules:
        return lambda x: x
    check_rules(rules)
    low, high = (
        jnp.asarray(v, jnp.float32)[None, None] for v in (rules.low, rules.high)
    )
    whole = jnp.asarray(rules.integer)[None, None]
    return lambda x: jnp.clip(jnp.where(whole, jnp.rint(x), x), low, high) + 0.0


def _inverse(scaler: Scaler):
    """`scaler.inverse` on jax arrays."""
    if set(scaler.to_json()) != {"mean", "std"}:
        raise ValueError(
            "Only standard scaling of series of one length can go into a sampler of "
            "jax alone: export without the sampler (--no-sampler)."
        )
    if scaler.dtype != np.float32:
        raise ValueError(
            f"Values about {scaler.mean.max():g} need float64, which a sampler of jax "
            "alone lacks: export without the sampler (--no-sampler), or train on values "
            "less an offset."
        )
    mean, std = (jnp.asarray(v, jnp.float32) for v in (scaler.mean, scaler.std))
    return functools.partial(_affine, mean=mean, std=std)


def _affine(x, mean, std):
    return x * std[None, None] + mean[None, None]
