"""The filters of a network's first layer, as windows of scaled series.

Whatever stands in front of it (an STFT, patches, a linear map), a first layer is affine
in the series: its gradient is what it multiplies them with.
"""

from collections.abc import Callable, Mapping

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array, PyTree


def output(
    network: nn.Module,
    variables: Mapping[str, PyTree],
    layer: tuple[str, ...],
    *args,
    **named,
) -> jax.Array:
    """What the submodule at the path `layer` gives while a network computes.

    Args:
        network: of flax.
        variables: of the network.
        layer: names from the network's own submodule on.
        *args: of the network.
        **named: the same, and `method`.
    """

    def is_layer(module, method):
        return module.path == layer and method == "__call__"

    _, kept = network.apply(
        variables,
        *args,
        **named,
        capture_intermediates=is_layer,
        mutable="intermediates",
    )
    found = kept["intermediates"]
    for name in layer:
        found = found[name]
    return found["__call__"][0]


def filters(layer: Callable[[Array], Array], length: int, channels: int) -> np.ndarray:
    """The windows of series that a first layer takes its values from, and how.

    Args:
        layer: scaled series [1, L, C'] -> [1, T, ...], affine, T places in time.
        length: L.
        channels: C'.

    Returns:
        float [K, taps, C']: of the K values at the middle place, the time points that
        any of them depends on.
    """

    def middle(x):
        y = layer(x[None])[0]
        return y[len(y) // 2].reshape(-1)

    # Compiled as one program, in which the rest of the network is left out.
    slopes = np.asarray(jax.jit(jax.jacrev(middle))(jnp.zeros((length, channels))))
    seen = np.flatnonzero(np.abs(slopes).max((0, 2)))
    return slopes[:, seen[0] : seen[-1] + 1] if len(seen) else slopes[:, :1]
