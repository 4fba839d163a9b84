"""Programs of any generator over any number of series: in batches, in original units.

A recipe has one `Batched`, and all generators that it assembles share it. Random
numbers belong to the place in a batch: the first series of many are those of few.
"""

from collections.abc import Callable
from typing import Literal

import jax
import numpy as np

from tsgen_jax.data.info import DataInfo
from tsgen_jax.runtime import batching
from tsgen_jax.types import Array, Batch


class Batched:
    """Runs compiled programs in batches of two sizes, so that few are compiled."""

    def __init__(self, info: DataInfo, batch_size: int):
        """Compiles nothing.

        Args:
            info: of the series.
            batch_size: config.sample.batch_size.
        """
        self.info, self.batch_size = info, batch_size
        self._compiled = set()  # What has been done in which size.

    def map(self, fn: batching.BatchFn, rows: Batch, what: str) -> np.ndarray:
        """`fn(number of the batch, batch)` of all rows [n, ...], in order."""
        return batching.in_batches(fn, rows, what, self.batch_size, self._compiled)

    def sample(
        self, key: Array, label: Array, draw: Callable[[Array, Array], Array]
    ) -> np.ndarray:
        """Series of `draw`, in original units.

        Args:
            key: a key; each batch folds in its number.
            label: int [n] in [0, Y]; Y for no class.
            draw: jitted, (key, label [B]) -> scaled series [B, L, C'].

        Returns:
            float32 [n, L, C].
        """
        rows = {"label": check_label(label, self.info.num_classes)}
        drawn = self.map(
            lambda number, batch: draw(jax.random.fold_in(key, number), batch["label"]),
            rows,
            "sampling",
        )
        return self.info.scaler.inverse(drawn)

    def inpaint(
        self,
        key: Array,
        x: Array,
        observed: Array,
        label: Array,
        num: int,
        draw: Callable[..., Array],
    ) -> np.ndarray:
        """What is missing, `num` times; arguments as of `Inpaints.inpaint`.

        Args:
            key: a key; each batch folds in its number.
            x: in original units, float [n, L, C]; anything where not observed.
            observed: bool [n, L, C].
            label: int [n] in [0, Y]; Y for no class.
            num: draws of each series.
            draw: jitted, (key, x, observed, label) of a batch of scaled series
                [B, L, C'] -> scaled series. Channels of the scaler itself are observed.

        Returns:
            float [num, n, L, C], exactly `x` where observed.
        """
        scaler = self.info.scaler
        label, count = check_label(label, self.info.num_classes), len(label)
        x = np.where(observed, x, 0).astype(scaler.dtype)
        scaled = scaler.transform(x)
        extra = scaled.shape[-1] - x.shape[-1]  # Channels of the scaler are known.
        seen = np.pad(observed, ((0, 0), (0, 0), (0, extra)), constant_values=True)
        rows = {"x": scaled, "observed": seen, "label": label}

        def part(number, batch):
            batch = {k: v[batch["row"] % count] for k, v in rows.items()}
            return draw(jax.random.fold_in(key, number), **batch)

        drawn = self.map(part, {"row": np.arange(num * count)}, "drawing")
        drawn = scaler.inverse(drawn).reshape(num, *x.shape)
        return np.where(observed, x, drawn)


def label_use_of(drop_rate: float) -> Literal["never", "optional", "always"]:
    """`Generator.label_use` where so large a share of classes is hidden in training."""
    return "always" if drop_rate == 0 else "never" if drop_rate == 1 else "optional"


def check_label(label: Array, num_classes: int) -> np.ndarray:
    """Labels as int32 [n]; ValueError for one that is not in [0, Y]."""
    label = np.asarray(label, np.int32)
    if len(label) and not 0 <= label.min() <= label.max() <= num_classes:
        raise ValueError(
            f"Labels {label.min()}..{label.max()}; this model has classes 0 to "
            f"{num_classes - 1} ({num_classes}: no class)."
        )
    return label
