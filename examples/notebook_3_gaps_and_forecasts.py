# %% [markdown]
# # Gaps filled and series continued, with dates
#
# The model that comes with the package fills gaps of control charts and continues them.
# Both are drawn many times: the median is the guess, quantiles are the band. Dates stay
# with you in a pandas index; `tsgen impute` and `tsgen forecast` keep those of a file.

# %%
import control_charts
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from show import OUT, QUICK, show

import tsgen_jax

model = tsgen_jax.load("demo")
num = 20 if QUICK else 100  # Draws.
days = pd.date_range("2026-03-01", periods=model.length, freq="D")
x, labels = control_charts.series(1, seed=5)  # One of each class, all of it known.
charts = pd.DataFrame(x[:, :, 0].T, index=days, columns=labels)
print(charts.round(2).head())


def draw(draws: np.ndarray, index: pd.DatetimeIndex, title: str, given: np.ndarray):
    """A panel for each chart: what was given, the truth, median and bands."""
    figure = Figure((8, 9), layout="constrained")
    figure.suptitle(f"{title}: median, 50 and 90 % bands of {len(draws)} draws")
    for i, ax in enumerate(figure.subplots(3, 2, sharex=True).flat):
        seen = np.where(given[i], charts.iloc[:, i], np.nan)
        ax.plot(days, charts.iloc[:, i], ":", color="#0072B2", label="truth")
        ax.plot(days, seen, color="#0072B2", label="given")
        for low, high in ((0.05, 0.95), (0.25, 0.75)):
            edges = np.quantile(draws[:, i, :, 0], (low, high), axis=0)
            ax.fill_between(index, *edges, color="#D55E00", alpha=0.25, lw=0)
        median = np.median(draws[:, i, :, 0], axis=0)
        ax.plot(index, median, color="#D55E00", label="median")
        ax.set_title(charts.columns[i])
        ax.tick_params(axis="x", rotation=30)
    figure.axes[0].legend(fontsize=8)
    return figure


# %% [markdown]
# ## Fill a gap
#
# NaN marks what is missing; everything else comes back exactly as it was.

# %%
gaps = charts.copy()
gaps.loc["2026-03-21":"2026-04-04"] = np.nan
values = gaps.to_numpy().T[:, :, None]  # [n, L, C].
filled = model.impute(values, num=num, label=labels, seed=0)
known = ~np.isnan(values)
assert (filled[0][known] == values[known].astype(np.float32)).all()
median = pd.DataFrame(np.median(filled, axis=0)[:, :, 0].T, days, charts.columns)
error = (median - charts)[gaps.isna()].abs().stack().mean()
line = (gaps.interpolate() - charts)[gaps.isna()].abs().stack().mean()
print(f"mean absolute error of the median: {error:.2f}, of a straight line: {line:.2f}")
show(draw(filled, days, "Gaps filled", known[:, :, 0]), "gaps")

# %% [markdown]
# ## Continue
#
# 45 days are known, 15 are drawn. A longer horizon is drawn window by window.

# %%
past, horizon = 45, 15
future = model.forecast(x[:, :past], horizon, num=num, label=labels, seed=0)
dates = pd.date_range(days[past - 1], periods=horizon + 1, freq="D")[1:]
assert (dates == days[past:]).all()
given = np.repeat((np.arange(model.length) < past)[None], len(x), axis=0)
show(draw(future, dates, "Forecasts", given), "forecasts")
low, high = np.quantile(future, (0.05, 0.95), axis=0)
inside = (low <= x[:, past:]) & (x[:, past:] <= high)
print(f"share of true values in the 90 % band: {inside.mean():.2f}")

# %% [markdown]
# ## Write it with its dates

# %%
table = pd.concat(
    {q: pd.DataFrame(np.quantile(future, q, axis=0)[:, :, 0].T, dates, labels)
     for q in (0.05, 0.5, 0.95)},
    axis=1,
)  # fmt: skip
table.to_csv(OUT / "forecast.csv")
print(table.round(2).head())
