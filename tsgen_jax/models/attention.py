"""What the attention layers of a network read, mean over heads."""

from collections.abc import Mapping

import flax.linen as nn
import jax
import numpy as np

from tsgen_jax.types import PyTree


def weights(
    network: nn.Module, variables: Mapping[str, PyTree], *args, **named
) -> dict[str, np.ndarray]:
    """Weights of all layers while a network computes.

    Args:
        network: of flax, whose layers sow 'weights', [B, H, Q, T].
        variables: of the network.
        *args: of the network.
        **named: the same, and `method`.

    Returns:
        'layer 1', 'layer 2', ... -> float [B, Q, T], a row sums to 1.
    """

    def read(variables, args):
        return network.apply(variables, *args, **named, mutable="intermediates")[1]

    kept = jax.jit(read)(variables, args)["intermediates"]
    found = jax.tree_util.tree_flatten_with_path(kept)[0]
    # In the order of the layers' numbers: 'block_10' comes after 'block_9'.
    found.sort(key=lambda leaf: _numbers(leaf[0]))
    means = [np.asarray(leaf.mean(1), np.float32) for _, leaf in found]
    return {f"layer {i + 1}": mean for i, mean in enumerate(means)}


def _numbers(path) -> list[int]:
    """The numbers at the ends of the names in a path."""
    names = [str(getattr(part, "key", "")) for part in path]
    return [
        int(end) for end in (n.rpartition("_")[2] for n in names) if end.isdecimal()
    ]
