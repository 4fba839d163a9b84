# %% [markdown]
# # Quick start: series in ten seconds
#
# A small trained model comes with the package: control charts, six classes of series
# of 60 time points. Nothing is downloaded or trained here.
#
# Open this file as a notebook (VS Code, or Jupyter with jupytext), or run it:
# `python examples/notebook_1_quick_start.py`

# %%
from show import OUT, QUICK, show

import tsgen_jax

model = tsgen_jax.load("demo")
print(model)

# %% [markdown]
# ## Generate
#
# The same seed gives the same series. A `label` is the name of a class; without one,
# classes are drawn in the shares of the training data.

# %%
num = 12 if QUICK else 120
x = model.sample(num, seed=0)  # float32 [num, 60, 1], in original units.
labels = model.labels(num)
print(x.shape, sorted(set(labels.tolist())))
rising = model.sample(6, label="rising", seed=1)
print("rising charts end higher by", (rising[:, -10:] - rising[:, :10]).mean().round(2))

# %%
show(model.plot(num=num), "generated")

# %% [markdown]
# ## Beside real series
#
# The formulas of control charts are known (`examples/control_charts.py`), so real
# series can be made as well. Left real, right generated, on the same axes.

# %%
import control_charts  # noqa: E402

real, real_labels = control_charts.series(num // 6, seed=9)
show(model.plot(real, real_labels, num=num), "real_and_generated")

# %% [markdown]
# ## Rate and encode
#
# `log_density` is a lower bound of the log density of a series: what the model has not
# learned gets less. `encode` gives the tokens that the prior works with.

# %%
shuffled = real[:, ::-1] * 2
print("log density of real series:", model.log_density(real).mean().round(1))
print("of the same, reversed and doubled:", model.log_density(shuffled).mean().round(1))
print("tokens of a series:", model.encode(real[:1])[0][:10], "...")

# %% [markdown]
# ## Keep
#
# As a table, and as one file that `tsgen_jax.load` opens on another machine.

# %%
frame = model.to_frame(x, labels)
frame.to_csv(OUT / "series.csv", index=False)
model.save(OUT / "model.tsgen")
again = tsgen_jax.load(OUT / "model.tsgen")
assert (again.sample(num, seed=0) == x).all()
print(frame.head())
