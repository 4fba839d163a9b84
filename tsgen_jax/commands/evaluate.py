"""`tsgen evaluate`: judges a run, or generated series from anywhere."""

import argparse
import logging
import os

from tsgen_jax.commands import lists, settings

NAME = "evaluate"
HELP = "judge a run, or generated series from anywhere"
EXAMPLES = """
examples:
  tsgen evaluate --run=runs/ssl_vqvae-vibcreg-GunPoint
  tsgen evaluate --data=ECG5000 --root=UCR --samples=other.npz
  tsgen evaluate --data=GunPoint --samples=other.npz --set evaluation.scores=fidelity
  tsgen evaluate --data=sensors.csv --window=96 --samples=other.npz

samples: a table like the file of the set, as tsgen sample writes it; or .npz with x
[n, L, C] in the units of the set, and label [n] where there are classes: their names, or
0, 1, ... in the order of an array classes, else of the set's classes; or .npy with x.
"""
_LOG = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, or --data with --samples; --out; --set."""
    parser.add_argument("--run", metavar="DIR", help="a finished run; judged anew")
    parser.add_argument("--samples", metavar="FILE", help="generated series")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where results go; default: evaluations/<data>-<samples>, or the run",
    )
    settings.add_data(parser, positional=False)
    settings.add_seed(parser, "resamples and shuffles of the scores", "evaluation.seed")
    settings.add_set(parser, (*settings.SECTIONS, "data"))
    parser.lists = lists.of_judging


def run(args: argparse.Namespace) -> None:
    """Judges, writes the report and prints the table."""
    changes = settings.parse_set(args.set)
    if args.seed is not None:
        changes["evaluation.seed"] = args.seed
    if bool(args.run) == bool(args.samples):
        raise ValueError("Give either --run=DIR, or --data=NAME and --samples=FILE.")
    from tsgen_jax.runtime import compilation_cache

    compilation_cache.enable()
    if args.run:
        if args.data or args.root or args.out:
            raise ValueError("--data, --root and --out go with --samples, not --run.")
        from tsgen_jax import pipeline

        pipeline.evaluate_run(args.run, changes)
        return
    from tsgen_jax.data.sources import files

    config = settings.default_config(args, changes)
    stem = os.path.splitext(os.path.basename(args.samples))[0]
    name = files.stem(config.data.path) if config.data.path else args.data
    out = args.out or os.path.join("evaluations", f"{name}-{stem}")
    judge_file(config, args.samples, out)


def judge_file(config, path: str, out: str):
    """Judges a file of samples and leaves results in `out`; returns the assessment.

    Raises:
        ValueError: bad samples, or `out` holds something else.
    """
    from tsgen_jax.data.dataset import load_dataset
    from tsgen_jax.data.missing import hold_ends
    from tsgen_jax.data.sources import sample_files
    from tsgen_jax.judges import assess
    from tsgen_jax.reports import sample_report

    dataset = load_dataset(**config.data)
    x, label = sample_files.read(path, dataset)
    if dataset.has_ends and x.ndim == 3 and x.dtype.kind == "f":
        x = hold_ends(x)
    dataset, notes = assess.completed(dataset)
    samples = assess.check_samples(dataset, x, label)
    strange = set(os.listdir(out)) - _OURS if os.path.isdir(out) else set()
    if strange:
        raise ValueError(
            f"{out} holds other things ({', '.join(sorted(strange)[:3])}): nothing is "
            "overwritten there. Choose another directory with --out."
        )
    _LOG.info("%d series from %s\n%s", len(samples.x), path, dataset.describe())
    judged = assess.assess(config, dataset, samples, out, None)
    judged.notes[:0] = notes
    judged.write(os.path.join(out, "evaluation"))
    title = f"{os.path.basename(path)} judged on {dataset.name}"
    named = sample_report.sections(dataset, samples, judged)
    shown = {name: config[name].to_dict() for name in (*settings.SECTIONS, "data")}
    opening = sample_report.opening(dataset, samples, judged)
    sample_report.write(title, judged, named, shown, out, {}, opening)
    return judged


_OURS = {
    "evaluation",
    "figures",
    "judge",
    "metrics.jsonl",
    "report.html",
    "scores.csv",
    "tensorboard",
}
