"""Series to share in place of the real ones, and what they tell about these.

  python examples/share_anonymously.py            # trains a model: some minutes
  python examples/share_anonymously.py --run=runs/ssl_vqvae-vibcreg-GunPoint

Generated series and the model go into files; before that, three measures ask whether
they are copies. Each is shown next to its value for the real test series, which are
certainly no copies of training series: much below that is a warning. Small numbers of
training series are easily remembered. These scores are a check, no proof of privacy.
"""

import os

import numpy as np
from example_model import model, parser
from gunpoint import series

import tsgen_jax
from tsgen_jax.evaluation import scores


def main():
    """Prints the privacy scores and leaves series.npz and model.tsgen."""
    args = parser(__doc__).parse_args()
    x_train, _ = series("TRAIN")
    x_test, _ = series("TEST")
    generator = model(args, *series("TRAIN"), "GunPoint")
    x = generator.sample(len(x_test), seed=0)
    rows, notes = scores.privacy_scores(
        x, x_train, x_test, seed=0, num_draws=100, level=0.95
    )
    for row in rows:
        real = ", ".join(f"{name} {value:.3f}" for name, value in row.floors.items())
        print(f"{row.name}: {row.value:.3f} (real: {real})")
    for note in notes:
        print(note)
    path = os.path.join(args.out, "series.npz")
    np.savez_compressed(path, x=x, label=generator.labels(len(x_test)))
    shared = os.path.join(args.out, "model.tsgen")
    tsgen_jax.export(generator, shared, with_sampler=False)
    print(f"to share: {path}, {shared}")


if __name__ == "__main__":
    main()
