"""What constraints changed: series drawn again, values moved and by how much."""

import dataclasses
from typing import Any

import numpy as np

_FIELDS = ("redraws", "moved", "mean_displacement", "max_displacement")


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """For each of n series, in original units.

    Attributes:
        channels: a name for each of the C channels.
        num_values: values of a series and channel that were generated, summed over all.
        redraws: int32 [n], how many times tokens were drawn again.
        moved: int32 [n, C], values that the projection changed.
        mean_displacement: float64 [n, C], of the values that were changed; 0 for none.
        max_displacement: float64 [n, C].
    """

    channels: tuple[str, ...]
    num_values: int
    redraws: np.ndarray
    moved: np.ndarray
    mean_displacement: np.ndarray
    max_displacement: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """By name, for a file of samples."""
        return {f"constraints_{name}": getattr(self, name) for name in _FIELDS}

    def summary(self) -> dict[str, Any]:
        """Counts and, by channel, displacements; what JSON can hold."""
        of_channels = {}
        for c, name in enumerate(self.channels):
            moved = self.moved[:, c]
            if moved.any():
                mean = (moved * self.mean_displacement[:, c]).sum() / moved.sum()
                of_channels[name] = {
                    "values": int(moved.sum()),
                    "mean_displacement": float(mean),
                    "max_displacement": float(self.max_displacement[:, c].max()),
                }
        return {
            "series": len(self.redraws),
            "series_redrawn": int((self.redraws > 0).sum()),
            "series_projected": int(self.moved.any(1).sum()),
            "values": self.num_values,
            "values_projected": int(self.moved.sum()),
            "channels": of_channels,
        }

    def __str__(self) -> str:
        """One sentence with all of `summary`."""
        found = self.summary()
        by_channel = "; ".join(
            f"{name}: {of['values']} values moved by {of['mean_displacement']:.4g} on "
            f"average, {of['max_displacement']:.4g} at most"
            for name, of in found["channels"].items()
        )
        return (
            f"constraints: of {found['series']} series, tokens of "
            f"{found['series_redrawn']} drawn again; {found['values_projected']} of "
            f"{found['values']} values in {found['series_projected']} series projected"
            + (f" ({by_channel})." if by_channel else ".")
        )


def measure(
    channels: tuple[str, ...],
    before: np.ndarray,
    after: np.ndarray,
    generated: np.ndarray,
    redraws: np.ndarray,
) -> Outcome:
    """What changed between series [n, L, C] before and after the projection.

    Args:
        channels: names.
        before: the last draw of each series.
        after: projected.
        generated: bool [n, L, C], false where a value was given.
        redraws: int [n].
    """
    generated = generated & ~np.isnan(after)
    step = np.where(generated, np.abs(after.astype(np.float64) - before), 0)
    moved = (step > 0).sum(1)
    return Outcome(
        channels=channels,
        num_values=int(generated.sum()),
        redraws=redraws.astype(np.int32),
        moved=moved.astype(np.int32),
        mean_displacement=step.sum(1) / np.maximum(moved, 1),
        max_displacement=step.max(1, initial=0),
    )


def from_arrays(
    channels: tuple[str, ...], arrays: dict[str, np.ndarray]
) -> Outcome | None:
    """The outcome that a file of samples keeps; None where it keeps none."""
    stored = {name: arrays.get(f"constraints_{name}") for name in _FIELDS}
    if any(value is None for value in stored.values()):
        return None
    num_values = int((~np.isnan(arrays["x"])).sum())
    return Outcome(channels=channels, num_values=num_values, **stored)
