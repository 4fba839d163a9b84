"""Whether the day or the month comes first in a column of dates."""

import numpy as np

from tsgen_jax.data.series import warning
from tsgen_jax.data.sources import time_order, time_text
from tsgen_jax.data.sources.time_grid import find_step, seconds
from tsgen_jax.data.sources.time_source import KNOWN, Source


def choose(source: Source, cells: time_text.Cells) -> tuple[str, tuple]:
    """The one order of day, month and year in which all dates make sense.

    Valid dates count first, then that times go on, then that their step is regular.

    Returns:
        One of `cells.orders`, '' where cells leave no choice; and what was guessed.

    Raises:
        ValueError: no order makes sense, or several do; names data.time_format.
    """
    orders = cells.orders
    form = source.how.time_format
    if form and form not in orders:
        raise ValueError(
            f"{source.where}: data.time_format={form} does not go with "
            f"times such as {source.column.iloc[0]!r}."
        )
    if len(orders) < 2 or form:
        return form or (orders[0] if orders else ""), ()
    walls = {order: cells.walls(order) for order in orders}
    valid = [o for o in orders if not np.isnat(walls[o]).any()]
    if not valid:
        best = min(orders, key=lambda o: np.isnat(walls[o]).sum())
        bad = np.isnat(walls[best])
        source.check(bad, lambda c: f"{c!r} is no date, read {best}. {KNOWN}.")
    form = cells.time_format(valid[0])
    said = f"times are read {valid[0]}, as {form}: in another order some are no dates"
    if len(valid) == 1:
        return valid[0], (said,)
    if all(np.array_equal(walls[o], walls[valid[0]]) for o in valid):
        return valid[0], (  # Such as 1/1/2023 throughout.
            "times read alike with the day or the month first; later times are written "
            f"{valid[0]} (guessed; data.time_format={valid[1]} says otherwise)",
        )
    times = {o: [seconds(walls[o])[rows] for rows in source.groups] for o in valid}
    if source.how.sort_time:
        times = {o: [np.sort(t) for t in all_] for o, all_ in times.items()}
    ordered = [o for o in valid if all(map(_goes_one_way, times[o]))]
    if len(ordered) == 1:
        form = cells.time_format(ordered[0])
        said = f"times are read {ordered[0]}, as {form}: in another order they go back"
        return ordered[0], (said,)
    times = {o: [t[time_order.ascending(t)] for t in times[o]] for o in ordered}
    even = [o for o in ordered if find_step(times[o], True, "", "")[1] is not None]
    shown = str(source.column.iloc[0])
    if len(even) != 1:
        choices = " or ".join(f"data.time_format={o}" for o in valid)
        raise ValueError(
            f"{source.where}: day and month cannot be told apart in {shown!r} and the "
            f"other times, which make sense in either order. Give {choices}."
        )
    form = cells.time_format(even[0])
    others = [o for o in valid if o != even[0]]
    return even[0], (
        warning(
            f"times such as {shown!r} are read {even[0]}, as {form}, which makes them "
            f"regular; if that is wrong, give data.time_format={others[0]}"
        ),
    )


def _goes_one_way(times: np.ndarray) -> bool:
    """Never back by more than the hour of a clock change; or never forward."""
    steps = np.diff(times)
    return bool((steps >= -3600).all() or (steps <= 0).all())
