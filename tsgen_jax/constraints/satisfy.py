"""Series moved to the nearest ones that satisfy the rules, and what violates them."""

import numpy as np

from tsgen_jax.constraints import projections
from tsgen_jax.constraints.rules import Rules, Sum

_SUM_TOLERANCE = 1e-6  # Of |total| + sum of |values|: float32 values, added exactly.


def project(
    rules: Rules, x: np.ndarray, observed: np.ndarray | None = None
) -> np.ndarray:
    """The nearest series that satisfy `rules` (Euclidean, in original units).

    Values that are observed, and NaN after the end of a series, stay as they are. Where
    observed values leave no solution, as two that descend where values must ascend,
    the others satisfy their bounds and come as near as they can.

    Args:
        rules: of the channels.
        x: float32 [n, L, C].
        observed: bool [n, L, C]; None: nothing is.

    Returns:
        float32 [n, L, C].
    """
    if not rules or not x.size:
        return x
    free = ~np.isnan(x)
    if observed is not None:
        free &= ~observed
    found = x.astype(np.float64)
    over_time = {each.channels[0]: each for each in rules.sums if each.over_time}
    for c in range(x.shape[2]):
        asked = over_time.get(c)
        found[..., c] = _channel(rules, c, found[..., c], free[..., c], asked)
    for each in rules.sums:
        if not each.over_time:
            at = list(each.channels)
            values = x[..., at].astype(np.float64)
            found[..., at] = _together(rules, each, values, free[..., at])
    # Bounds are float32 numbers, and rounding keeps order: nothing leaves them. The
    # zero makes 0 of -0, which a table would show.
    return np.where(free, (found + 0.0).astype(x.dtype), x)


def _channel(rules, c, x, free, asked: Sum | None) -> np.ndarray:
    """One channel, float64 [n, L], along time."""
    whole, sign = bool(rules.integer[c]), int(rules.direction[c])
    low, high = rules.low[c], rules.high[c]
    if sign < 0:  # Descending values are ascending ones with the other sign.
        x, low, high = -x, -high, -low
    low, high = np.full(x.shape, low), np.full(x.shape, high)
    if sign:
        x = projections.pool(x, free)
        low, high = _between(x, free, low, high, whole)
    low, high = (np.where(free, bound, x) for bound in (low, high))
    if asked is None:
        x = np.where(free, projections.onto_box(x, low, high, whole), x)
    else:
        x = _onto_sum(x, sign * asked.total if sign else asked.total, low, high, whole)
    return -x if sign < 0 else x


def _between(x, free, low, high, whole) -> tuple[np.ndarray, np.ndarray]:
    """Bounds that given values before and after set to ascending ones."""
    given = ~free & ~np.isnan(x)
    before = np.maximum.accumulate(np.where(given, x, -np.inf), axis=1)
    after = np.where(given, x, np.inf)[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    if whole:
        before, after = np.ceil(before), np.floor(after)
    low = np.clip(before, low, high)
    return low, np.maximum(low, np.minimum(after, high))


def _together(rules, each: Sum, x, free) -> np.ndarray:
    """The channels of a sum, float64 [n, L, G], at each time point."""
    at = list(each.channels)
    low = np.where(free, rules.low[at], x)
    high = np.where(free, rules.high[at], x)
    flat = [v.reshape(-1, len(at)) for v in (x, low, high)]
    found = _onto_sum(flat[0], each.total, *flat[1:], bool(rules.integer[at[0]]))
    return found.reshape(x.shape)


def _onto_sum(x, total, low, high, whole) -> np.ndarray:
    """`projections.onto_sum` of the rows that have not this sum yet; NaN counts 0."""
    here, low, high = (
        np.nan_to_num(v, posinf=np.inf, neginf=-np.inf) for v in (x, low, high)
    )
    inside = (here >= low) & (here <= high) & (~whole | (here == np.rint(here)))
    moved = ~(inside.all(1) & sums_up(here, total))
    found = x.copy()
    if moved.any():
        rows = (v[moved] for v in (here, low, high))
        x_moved, low_moved, high_moved = rows
        nearest = projections.onto_sum(x_moved, total, low_moved, high_moved, whole)
        found[moved] = np.where(np.isnan(x[moved]), np.nan, nearest)
    return found


def sums_up(x: np.ndarray, total: float) -> np.ndarray:
    """Whether values along the last axis sum to `total`, to the precision of float32.

    NaN counts 0. The error of a sum of float32 values that were rounded once is at most
    6e-8 of the sum of their sizes.
    """
    x = np.nan_to_num(np.asarray(x, np.float64))
    room = _SUM_TOLERANCE * (abs(total) + np.abs(x).sum(-1))
    return np.abs(x.sum(-1) - total) <= room


def violations(rules: Rules, x: np.ndarray) -> dict[str, np.ndarray]:
    """Which values violate which rule.

    Args:
        rules: of the channels.
        x: float32 [n, L, C]; NaN violates nothing.

    Returns:
        Rule in words -> bool [n, L, C], for each rule that is violated: of a monotone
        channel values that are below an earlier one (above it, where it descends), of
        a sum all its values.
    """
    found = {}

    def note(what: str, c, wrong: np.ndarray) -> None:
        if wrong.any():
            mask = np.zeros(x.shape, bool)
            mask[..., c] = wrong
            found[what] = mask

    for c, name in enumerate(rules.channels):
        values = x[..., c].astype(np.float64)
        note(f"{name} at least {rules.low[c]:.9g}", c, values < rules.low[c])
        note(f"{name} at most {rules.high[c]:.9g}", c, values > rules.high[c])
        if rules.integer[c]:
            fraction = np.isfinite(values) & (values != np.rint(values))
            note(f"{name} integer", c, fraction)
        if rules.direction[c]:
            up = values * rules.direction[c]
            highest = np.fmax.accumulate(up, axis=1)  # So far, across gaps as well.
            word = "increasing" if rules.direction[c] > 0 else "decreasing"
            note(f"{name} {word}", c, up < highest)
    for each in rules.sums:
        at = list(each.channels)
        names = "+".join(rules.channels[c] for c in at)
        here = ~np.isnan(x[..., at])  # A sum with missing parts is not known.
        if each.over_time:
            wrong = here.all((1, 2)) & ~sums_up(x[..., at[0]], each.total)
            wrong, what = wrong[:, None, None] & here, " over time"
        else:
            wrong = here.all(-1) & ~sums_up(x[..., at], each.total)
            wrong, what = wrong[..., None] & here, ""
        note(f"{names} summing to {each.total:g}{what}", at, wrong)
    return found


def describe(rules: Rules, x: np.ndarray) -> str:
    """What `violations` finds, in words with counts and the first place; '' for none."""
    said = []
    for what, mask in violations(rules, x).items():
        n, time, channel = np.argwhere(mask)[0]
        said.append(
            f"{what}: {mask.sum()} values in {mask.any((1, 2)).sum()} of {len(x)} "
            f"series violate it, the first in series {n} at time point {time} "
            f"({x[n, time, channel]:g})"
        )
    return "; ".join(said)


def quantiles(
    rules: Rules,
    draws: np.ndarray,
    levels: tuple[float, ...],
    observed: np.ndarray | None = None,
) -> np.ndarray:
    """Quantiles of draws that satisfy the rules as far as quantiles can.

    The median is a series of its own and satisfies all of them. Others satisfy what
    holds for single values, and ascend or descend as draws do; quantiles of parts do
    not sum to what the parts sum to.

    Args:
        rules: of the channels; draws satisfy them.
        draws: float32 [num, n, L, C].
        levels: in [0, 1].
        observed: bool [n, L, C], values that were given; None: none.

    Returns:
        float32 [len(levels), n, L, C].
    """
    found = np.quantile(draws, levels, axis=0).astype(draws.dtype)
    single = rules.of_single_values()
    for level, x in zip(levels, found, strict=True):
        x[...] = project(rules if level == 0.5 else single, x, observed)
    return found
