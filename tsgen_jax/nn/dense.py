"""Dense layers as one product of two matrices.

With more than one leading axis, XLA on the CPU copies a layer's whole input into the
other order of axes before it computes the kernel's gradient: a fifth of a step of the
prior. With one leading axis it does not.
"""

import flax.linen as nn
import jax

from tsgen_jax.types import Array


class Dense(nn.Dense):
    """`flax.linen.Dense` over [..., inputs]."""

    def __call__(self, inputs: Array) -> jax.Array:
        """[..., inputs] -> [..., features]."""
        flat = inputs.reshape(-1, inputs.shape[-1])
        return super().__call__(flat).reshape(*inputs.shape[:-1], self.features)
