"""How well gaps are filled: the model against interpolation and nearest neighbours.

  python experiments/imputation.py --run runs/ssl_vqvae-vibcreg-GunPoint runs/...

30 % of every series are hidden, in one block and in three, in all channels at once; the
class is not given. Baselines guess each channel alone.
Series are scaled as the networks see them, so errors are in training deviations.
CRPS of a single guess is its absolute error. Results: experiments/results/.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from experiments import baselines, completion  # noqa: E402
from experiments.baselines import by_channel  # noqa: E402

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
        y, y_train = scale(x), scale(x_train)
        season = completion.season_of(y_train, args)
        for num_blocks in (1, 3):
            seen = hide(rng, *x.shape[:2], num_blocks)[..., None]
            seen = np.broadcast_to(seen, x.shape)
            draws = model.impute(x, seen, num=args.num, seed=args.seed)
            draws = scale(draws)
            guesses = {
                "linear": by_channel(baselines.linear, y, seen),
                "last value": by_channel(baselines.last_value, y, seen),
                "sklearn KNNImputer": by_channel(
                    baselines.nearest_neighbours, y, seen, y_train
                ),
            }
            if season:
                naive = by_channel(baselines.seasonal_naive, y, seen, season)
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
