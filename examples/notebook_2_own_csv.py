# %% [markdown]
# # A CSV of your own
#
# A file of hourly measurements is read, a generator is trained on windows of it, and
# new windows are written as CSV again. The same commands work in a terminal; here they
# are called from Python.
#
# `python examples/notebook_2_own_csv.py` takes some minutes on two cores.

# %%
import subprocess
import sys

import numpy as np
import pandas as pd
from show import OUT, QUICK, show

import tsgen_jax


def tsgen(*arguments: str) -> None:
    """Runs a command as in a terminal."""
    print("$ tsgen", *arguments)
    command = [sys.executable, "-m", "tsgen_jax", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout[-3000:], done.stderr[-3000:])
    done.check_returncode()


# %% [markdown]
# ## The file
#
# Load and temperature of a building, every hour: a day's rhythm, a slow drift, noise.
# Put the path of your own file in place of this one.

# %%
rng = np.random.default_rng(0)
days = 40 if QUICK else 200
hour = np.arange(24 * days)
daily = np.sin(2 * np.pi * (hour - 9) / 24)
temperature = 12 + 6 * daily + np.cumsum(rng.normal(0, 0.15, hour.size)) / 3
load = (
    30 + 12 * np.maximum(daily, 0) - 0.4 * temperature + rng.normal(0, 0.8, hour.size)
)
table = pd.DataFrame({"load": load.round(2), "temperature": temperature.round(2)})
table.insert(0, "time", pd.date_range("2026-01-01", periods=hour.size, freq="h"))
path = OUT / "building.csv"
table.to_csv(path, index=False)
print(table.head())

# %% [markdown]
# ## What is understood of it
#
# `tsgen data` prints columns, times, ranges and missing values, and trains nothing. A
# guess that is wrong is put right by an option.

# %%
window = ("--window=24", "--stride=24")  # A day each.
tsgen("data", str(path), *window)

# %% [markdown]
# ## Train
#
# A run is a directory: the same command again goes on where it stopped. The report is
# `report.html` in it.

# %%
run = OUT / "building"
small = ("--config=smoke:none", "--set", "evaluation.scores=statistics")
small += ("--set", "train.tokenizer.num_steps=10", "--set", "train.prior.num_steps=10")
full = ("--set", "evaluation.scores=fidelity+statistics")
tsgen(
    "train",
    "--data",
    str(path),
    *window,
    f"--workdir={run}",
    *(small if QUICK else full),
)

# %% [markdown]
# ## Look, and write new days

# %%
model = tsgen_jax.load(run)
print(model)
days = table[["load", "temperature"]].to_numpy().reshape(-1, 24, 2)
show(model.plot(days, num=40), "days")

# %%
out = OUT / "new_days.csv"
tsgen("sample", f"--run={run}", "--num=30", "--seed=1", f"--out={out}")
print(pd.read_csv(out).head())
