"""How well series go on: the model against naive guesses, AutoETS (aeon) and ridge.

  python experiments/forecasting.py --run runs/ssl_vqvae-vibcreg-GunPoint runs/...

The last quarter of every series is to be forecast; the class is not given. Series are
scaled as the networks see them. AutoETS sees the past of one series, as in forecasting
at large (and the season where --season gives one); RidgeCV (scikit-learn) learns the future from the past over all training
series, as the model does. Baselines guess each channel alone. CRPS of a single guess is its absolute error. Results:
experiments/results/.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from experiments import baselines, completion  # noqa: E402
from experiments.baselines import by_channel  # noqa: E402
from tsgen_jax.runs import provenance  # noqa: E402


def main():
    """Scores all runs."""
    args = completion.parse(__doc__, "forecasting")
    entries = []
    for run in args.run:
        model, x, x_train, _ = completion.series(run, args)
        scale = model.facts.scaler.transform
        start = x.shape[1] * 3 // 4
        horizon = x.shape[1] - start
        draws = model.forecast(x[:, :start], horizon, num=args.num, seed=args.seed)
        draws, y, y_train = scale(draws), scale(x), scale(x_train)
        past = np.repeat(y[None, :, :start], args.num, axis=0)
        draws = np.concatenate([past, draws], axis=2)
        seen = np.zeros(y.shape, bool)
        seen[:, :start] = True
        guesses = {
            "last value": by_channel(baselines.last_value, y, seen),
            "aeon AutoETS": by_channel(baselines.auto_ets, y, start, args.season),
            "sklearn RidgeCV": by_channel(baselines.ridge, y, start, y_train),
            "training mean": np.where(seen, y, y_train.mean(0)),
        }
        season = completion.season_of(y_train[:, :start], args)
        if season:
            naive = by_channel(baselines.seasonal_naive, y, seen, season)
            guesses[f"seasonal ({season})"] = naive
        found = completion.judge(draws, guesses, y, ~seen)
        name = model.facts.name
        title = f"{name}: the last quarter forecast by {model.config.generator}"
        completion.tell(title, found)
        of = model.config.generator
        about = {"generator": of, "data": name, "horizon": horizon}
        about["commit"] = (provenance.read(run) or {}).get("commit", "")  # Of training.
        entries.append({**about, "scores": found})
        path = str(pathlib.Path(args.out).with_suffix("")) + f"-{of}-{name}.png"
        ets = guesses["aeon AutoETS"]
        completion.draw(path, y, seen, draws, ets, "AutoETS", title)
    completion.write(args.out, entries, args)


if __name__ == "__main__":
    main()
