"""Dense layers as one product of two matrices.

With more than one leading axis, XLA on the CPU copies a layer's whole input into the
other order of axes before it computes the kernel's gradient: a fifth of a step of the
prior. With one leading axis it does not. Products of bfloat16 are asked for in
float32, also those of the gradient: so they are sums in float32 everywhere, and on
CPUs that have them the fast ones.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.types import Array, DType


@jax.custom_vjp
def product(a: Array, b: Array) -> jax.Array:
    """[n, I] @ [I, O] -> [n, O] in the type that both have, summed in float32."""
    return _sum("ni,io->no", a, b)


def _sum(indices: str, a: Array, b: Array) -> jax.Array:
    wide = jnp.promote_types(a.dtype, jnp.float32)
    return jnp.einsum(indices, a, b, preferred_element_type=wide).astype(a.dtype)


def _backward(saved, g):
    a, b = saved
    return _sum("no,io->ni", g, b), _sum("ni,no->io", a, g)


product.defvjp(lambda a, b: (product(a, b), (a, b)), _backward)


class Dense(nn.Module):
    """`flax.linen.Dense` over [..., inputs]."""

    features: int
    use_bias: bool = True
    kernel_init: nn.initializers.Initializer = nn.linear.default_kernel_init
    dtype: DType = jnp.float32

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[..., inputs] -> [..., features]."""
        shape = x.shape[-1], self.features
        kernel = self.param("kernel", self.kernel_init, shape, jnp.float32)
        flat = x.reshape(-1, x.shape[-1]).astype(self.dtype)
        y = product(flat, kernel.astype(self.dtype))
        if self.use_bias:
            bias = self.param("bias", nn.initializers.zeros, (self.features,))
            y = y + bias.astype(self.dtype)[None]
        return y.reshape(*x.shape[:-1], self.features)
