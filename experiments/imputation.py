"""How well gaps are filled: the model against interpolation and nearest neighbours.

  python experiments/imputation.py --run runs/ssl_vqvae-vibcreg-GunPoint runs/...

30 % of every series are hidden, in one block and in three; the class is not given.
Series are scaled as the networks see them, so errors are in training deviations.
CRPS of a single guess is its absolute error. Results: experiments/results/.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from experiments import baselines, completion  # noqa: E402

_SHARE = 0.3


def hide(rng, num, length, num_blocks):
    """Masks bool [num, length], False in `num_blocks` equal blocks that may touch."""
    size = round(_SHARE * length / num_blocks)
    seen = np.ones((num, length), bool)
    for row in seen:
        starts = np.sort(rng.integers(0, length - size * num_blocks + 1, num_blocks))
        for i, start in enumerate(starts):
            row[start + i * size : start + (i + 1) * size] = False
    return seen


def main():
    """Scores all runs."""
    args = completion.parse(__doc__, "imputation")
    entries = []
    for run in args.run:
        model, x, x_train, rng = completion.series(run, args)
        scale = model.facts.scaler.transform
        season = baselines.period(x_train)
        for num_blocks in (1, 3):
            seen = hide(rng, *x.shape, num_blocks)
            draws = model.impute(x, seen, num=args.num, seed=args.seed)
            draws = scale(draws)[..., 0]
            y, y_train = scale(x[..., None])[..., 0], scale(x_train[..., None])[..., 0]
            guesses = {
                "linear": baselines.linear(y, seen),
                "last value": baselines.last_value(y, seen),
                "sklearn KNNImputer": baselines.nearest_neighbours(y, seen, y_train),
            }
            if season:
                naive = baselines.seasonal_naive(y, seen, season)
                guesses[f"seasonal ({season})"] = naive
            found = completion.judge(draws, guesses, y, ~seen)
            name = model.facts.name
            title = f"{name}: 30 % missing, blocks: {num_blocks}"
            completion.tell(title, found)
            entries.append({"data": name, "blocks": num_blocks, "scores": found})
            path = (
                str(pathlib.Path(args.out).with_suffix(""))
                + f"-{name}-{num_blocks}.png"
            )
            completion.draw(path, y, seen, draws, guesses["linear"], "linear", title)
    completion.write(args.out, entries, args)


if __name__ == "__main__":
    main()
