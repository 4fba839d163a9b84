# %% [markdown]
# # A self-supervised loss of your own, and an ablation
#
# The tokenizer can be trained with a second, augmented view of each series whose
# projection is to agree with that of the first. Here is a new loss for that, and what
# it changes: the same model is trained with and without it, over seeds.
#
# `python examples/notebook_4_new_loss_and_ablation.py` takes some minutes on two cores.

# %%
import control_charts
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from ml_collections import ConfigDict
from show import QUICK, show

import tsgen_jax
from tsgen_jax.losses import self_supervised
from tsgen_jax.runs import presets

# %% [markdown]
# ## The loss
#
# Projections of both views, float [B, P], and its values in the config as keywords. It
# gives the loss and what is logged. This one is SimCLR's (Chen et al. 2020,
# arXiv 2002.05709): the two views of a series are alike, those of different series not.


# %%
def simclr(p_a, p_b, *, weight, temperature):
    """Cross-entropy of finding a series' other view among those of the batch."""
    views = [p / (jnp.linalg.norm(p, axis=1, keepdims=True) + 1e-8) for p in (p_a, p_b)]
    similarity = views[0] @ views[1].T / temperature  # [B, B]
    own = jnp.diagonal(similarity)
    each = [jax.nn.logsumexp(similarity, axis=axis) - own for axis in (0, 1)]
    loss = (each[0] + each[1]).mean() / 2
    found = (similarity.argmax(1) == jnp.arange(len(p_a))).mean()
    return weight * loss, {"contrastive": loss, "found": found}


# Before anything is trained. In a checkout, write the function and its row into
# losses/self_supervised.py instead, and its values into configs/default.py.
self_supervised.METHODS["simclr"] = self_supervised.Method(simclr)

# %% [markdown]
# It must be small for equal views and large for mixed ones:

# %%
z = jax.random.normal(jax.random.key(0), (16, 8))
values = {"weight": 1.0, "temperature": 0.1}
equal, mixed = (float(simclr(z, other, **values)[0]) for other in (z, z[::-1]))
print(f"equal views: {equal:.3f}, mixed views: {mixed:.3f}")
assert equal < mixed

# %% [markdown]
# ## Two configs that differ in one thing


# %%
def config(method: str) -> ConfigDict:
    """Without self-supervision, and with the new loss."""
    made = presets.load("smoke:none" if QUICK else "ssl_vqvae:none")
    with made.unlocked():
        made.ssl.simclr = ConfigDict({"weight": 0.1, "temperature": 0.1})
    made.ssl.method = method
    made.sample.residual_scales = (0.0,)
    for stage in ("tokenizer", "prior"):
        made.train[stage].num_steps = 5 if QUICK else 200
    return made


# %% [markdown]
# ## Train and judge
#
# `log_density` rates tokenizer and prior together, on series that training did not see.
# A linear classifier on tokens asks what self-supervision is for: whether they carry
# the class.

# %%
from sklearn.linear_model import LogisticRegression  # noqa: E402

x, y = control_charts.series(6 if QUICK else 40, seed=0)
x_test, y_test = control_charts.series(6 if QUICK else 100, seed=1)


def judge(model) -> dict[str, float]:
    """Scores on held-out series."""
    codes = np.eye(model.config.quantizer.num_codes)
    train, test = (codes[model.encode(s)].reshape(len(s), -1) for s in (x, x_test))
    probe = LogisticRegression(max_iter=500).fit(train, y)
    return {
        "reconstruction error": float(
            ((model.reconstruct(x_test) - x_test) ** 2).mean()
        ),
        "log density per value": float(model.log_density(x_test).mean() / x[0].size),
        "accuracy on tokens": probe.score(test, y_test),
    }


rows = []
for seed in range(1 if QUICK else 3):
    for method in ("none", "simclr"):
        model = tsgen_jax.fit(x, y, config(method), changes={"seed": seed})
        rows.append({"method": method, "seed": seed, **judge(model)})
        print(rows[-1])

# %% [markdown]
# ## The result
#
# Means over seeds, and a picture with every seed as a point. A difference smaller than
# the spread of seeds is none.

# %%
table = pd.DataFrame(rows)
print(table.groupby("method").mean(numeric_only=True).drop(columns="seed").round(3))
figure = Figure((8, 3), layout="constrained")
for ax, score in zip(figure.subplots(1, 3), table.columns[2:], strict=True):
    for place, (method, part) in enumerate(table.groupby("method")):
        ax.plot(np.full(len(part), place), part[score], "o", label=method)
    ax.set_xticks(range(2), sorted(set(table.method)))
    ax.set_xlim(-0.5, 1.5)
    ax.set_title(score, fontsize=10)
show(figure, "ablation")
