"""Makes the model that comes with the package: `tsgen_jax.load("demo")`.

  python examples/make_demo.py                    # some minutes on two cores
  python examples/make_demo.py --quick --out=/tmp/demo.tsgen

A small model of control charts, six classes of series of 60 time points, made by their
formulas. Everything that it depends on is here: the series and their seed, the config
and its seed. Make it anew where the format of model files or the networks change.
"""

import argparse
import os
import tempfile

import control_charts

import tsgen_jax
from tsgen_jax import pipeline
from tsgen_jax.configs import ssl_vqvae
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.data.sources.archive import RawSet

PATH = os.path.join(os.path.dirname(tsgen_jax.__file__), "demo.tsgen")
NUM_TRAIN, NUM_TEST = 200, 100  # Series of each class.
CHANGES = {  # Of configs/ssl_vqvae.py: about 0.4 million weights.
    "name": "demo",
    "data.name": "control charts",
    "tokenizer.width": 32,
    "tokenizer.num_res_blocks": 2,
    "prior.width": 96,
    "prior.num_layers": 3,
    "prior.head_width": 48,
    "train.tokenizer.num_steps": 600,
    "train.prior.num_steps": 1200,
    "train.tokenizer.batch_size": 64,
    "train.prior.batch_size": 128,
    "sample.num_samples": 600,
    "evaluation.scores": "fidelity",
    "evaluation.judges": "minirocket",
    "evaluation.num_draws": 50,
    "num_devices": 1,
}
QUICK = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "ssl.projector.hidden": 32,
    "ssl.projector.width": 32,
    "prior.width": 16,
    "prior.num_layers": 1,
    "prior.head_width": 8,
    "sample.num_samples": 12,
    "sample.residual_scales": (0.0,),
    "evaluation.scores": "",
    "train.tokenizer.num_steps": 10,
    "train.prior.num_steps": 10,
}


def main():
    """Trains, judges and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=PATH, help="the file; default: the package's")
    parser.add_argument("--workdir", help="run directory to keep; default: temporary")
    parser.add_argument("--quick", action="store_true", help="a useless small model")
    args = parser.parse_args()
    config = ssl_vqvae.get_config("vibcreg")
    config.update_from_flattened_dict(CHANGES | (QUICK if args.quick else {}))
    num = (10, 5) if args.quick else (NUM_TRAIN, NUM_TEST)
    train, test = (control_charts.series(n, seed) for seed, n in enumerate(num))
    raw = RawSet("control charts", *train, *test, "formulas of Alcock 1999, seeds 0, 1")
    dataset = from_raw(raw, "archive", 0.2, config.data.validation_fraction, 0, "error")
    with tempfile.TemporaryDirectory(prefix="tsgen-") as directory:
        workdir = args.workdir or directory
        pipeline.run(config, workdir, dataset)
        model = tsgen_jax.load(workdir)
        tsgen_jax.export(model, args.out, with_sampler=False)
    print(model)
    print(f"{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
