"""Series while one of the numbers behind them moves: what latents stand for."""

from collections.abc import Callable

import numpy as np

from tsgen_jax.data.info import DataInfo
from tsgen_jax.shown import Traversal
from tsgen_jax.types import Array

_NUM_ROWS = 4  # Numbers that are shown, at most.
DEVIATIONS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def names_of(values: tuple[float, ...], unit: str = "") -> tuple[str, ...]:
    """The values with their signs and a unit."""
    return tuple(f"{v:+g} {unit}".strip() if v else f"0 {unit}".strip() for v in values)


def moved(start: Array, places: Array, at: Array) -> np.ndarray:
    """Latents that differ from `start` in one number each.

    Args:
        start: float [Z].
        places: of the D numbers, int [D].
        at: what each of them is set to, float [D, S].

    Returns:
        float32 [D, S, Z].
    """
    at = np.asarray(at)
    latents = np.broadcast_to(np.asarray(start), (*at.shape, len(start))).copy()
    for row, place in enumerate(places):
        latents[row, :, place] = at[row]
    return latents.astype(np.float32)


def traverse(
    info: DataInfo,
    decode: Callable[[Array, Array], Array],
    latents: np.ndarray,
    label: int,
    rows: tuple[str, ...],
    values: tuple[str, ...],
    what: str,
) -> Traversal:
    """Series of latents; of many rows those in which series change most.

    Args:
        info: of the series.
        decode: (latents [B, Z], label int [B]) -> scaled series [B, L, C'].
        latents: float [D, S, Z], a row for each number that moves.
        label: of all series.
        rows: names of the D numbers.
        values: names of the S values of each.
        what: see `Traversal`; it may end in what is said of the choice of rows.
    """
    flat = latents.reshape(-1, latents.shape[-1])
    x = decode(flat, np.full(len(flat), label, np.int32))
    x = info.scaler.inverse(np.asarray(x)).reshape(*latents.shape[:2], info.length, -1)
    change = np.nanmean(np.nanstd(x, axis=1), axis=(1, 2))
    most = np.argsort(-change, kind="stable")[:_NUM_ROWS]
    if len(most) < len(rows):
        what += f" Of {len(rows)} the {len(most)} that change series most."
    return Traversal(tuple(rows[i] for i in most), values, x[most], what)
