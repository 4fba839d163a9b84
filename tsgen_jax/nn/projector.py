"""Head between the tokenizer and a self-supervised loss."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn.iter_norm import iter_norm, largest_group
from tsgen_jax.types import Array, DType

_EPS = 1e-5


def pool(z: Array) -> jax.Array:
    """Mean and maximum over the map: [B, F, W, D] -> [B, 2D].

    The gradient of a maximum goes to its first place. (That of `jnp.max` asks which
    elements equal the maximum: none, and 0 / 0, where a fused program computes them
    twice with other rounding.)
    """
    flat = z.reshape(z.shape[0], -1, z.shape[-1])
    first = jax.nn.one_hot(flat.argmax(1), flat.shape[1], axis=1)
    return jnp.concatenate([flat.mean(1), (flat * first).sum(1)], axis=-1)


class BatchStandardise(nn.Module):
    """Batch normalisation without running statistics; the head only ever trains."""

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[..., B, P] -> [..., B, P]; every [B, P] by its own statistics."""
        scale = self.param("scale", nn.initializers.ones, x.shape[-1:])
        bias = self.param("bias", nn.initializers.zeros, x.shape[-1:])
        mean, var = x.mean(-2, keepdims=True), x.var(-2, keepdims=True)
        shape = (1,) * (x.ndim - 1) + (-1,)
        x = (x - mean) * jax.lax.rsqrt(var + _EPS)
        return x * scale.reshape(shape) + bias.reshape(shape)


class Projector(nn.Module):
    """Linear-norm-ReLU twice (once with `num_hidden=1`), then Linear."""

    hidden: int
    width: int
    num_hidden: int
    use_bias: bool  # Of the last layer; no use where differences or spreads count.
    dtype: DType  # Of the products; norms and the result are float32.

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[..., B, 2D] -> [..., B, P]; two views at once make one product."""
        for _ in range(self.num_hidden):
            x = nn.Dense(self.hidden, use_bias=False, dtype=self.dtype)(x)
            x = nn.relu(BatchStandardise()(x.astype(jnp.float32)))
        x = nn.Dense(self.width, use_bias=self.use_bias, dtype=self.dtype)(x)
        return x.astype(jnp.float32)


class Whitener(nn.Module):
    """IterNorm with a scale per channel, as VIbCReg ends its projector.

    The reference's bias is left out: no term of the loss sees it.
    """

    group_size: int  # Columns whitened together; less where the batch is small.
    num_steps: int

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[..., B, P] -> [..., B, P]; every [B, P] by its own statistics."""
        scale = self.param("scale", nn.initializers.ones, x.shape[-1:])
        whiten = functools.partial(
            iter_norm,
            scale=scale,
            bias=jnp.zeros_like(scale),
            group_size=largest_group(self.group_size, *x.shape[-2:]),
            num_steps=self.num_steps,
        )
        for _ in range(x.ndim - 2):
            whiten = jax.vmap(whiten)
        return whiten(x)
