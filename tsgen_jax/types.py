"""The words and shape letters of the whole project.

Shape letters: `B` batch, `L` time points, `C` channels, `F` frequency bins, `T`
STFT frames, `D` latent width, `K` codebook size, `N` tokens per series, `Y`
classes, `P` projector width, `W` columns of the token map, `n` series in a set.
Channels come last.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

PyTree = Any
DType = Any  # What jnp.dtype takes.
Array = jax.Array | np.ndarray
Batch = dict[str, Array]  # Every array has the same leading axis.
Metrics = dict[str, jax.Array]  # Scalars under bare names.


@dataclasses.dataclass(frozen=True)
class Task:
    """One stage of training, as the loop needs to know it.

    Attributes:
        name: 'tokenizer' or 'prior'; names the directory and the metrics.
        init: (key, batch) -> (params, model_state).
        loss_fn: (params, model_state, batch, key) ->
            (loss, (model_state, metrics)); pure.
        export: (params, model_state) -> weights, all that using the model needs.
        evaluate: (weights, data) -> metrics of any part of the data set, nothing
            is updated; 'loss' among them is what early stopping watches.
        train_data: arrays with one leading axis n; a batch is rows of them.
        valid_data: the same of the validation part; may have no rows.
    """

    name: str
    init: Callable[[Array, Batch], tuple[PyTree, PyTree]]
    loss_fn: Callable[..., tuple[jax.Array, tuple[PyTree, Metrics]]]
    export: Callable[[PyTree, PyTree], PyTree]
    evaluate: Callable[[PyTree, Batch], Metrics]
    train_data: Batch
    valid_data: Batch
