"""The words and shape letters of the whole project.

Shape letters: `B` batch, `L` time points, `C` channels, `F` frequency bins, `T`
STFT frames, `D` latent width, `K` codebook size, `N` tokens per series, `Y`
classes, `P` projector width, `W` columns of the token map, `n` series in a set.
Channels come last.
"""

from typing import Any

import jax
import numpy as np

PyTree = Any
DType = Any  # What jnp.dtype takes.
Array = jax.Array | np.ndarray
Batch = dict[str, Array]  # Every array has the same leading axis.
Metrics = dict[str, jax.Array]  # Scalars under bare names.
