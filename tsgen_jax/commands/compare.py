"""`tsgen compare`: runs and sample files side by side, by the same judges."""

import argparse
import os

from tsgen_jax.commands import evaluate, lists, settings

NAME = "compare"
HELP = "runs and files of series in one table and one figure"
EXAMPLES = """
examples:
  tsgen compare runs/a runs/b
  tsgen compare runs/a other.npz --out=comparison
  tsgen compare one.npz two.npz --data=ECG5000 --root=UCR
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Runs and files; --data, --root, --out, --set."""
    parser.add_argument("subjects", nargs="+", metavar="RUN_OR_FILE")
    parser.add_argument(
        "--out", default="comparison", metavar="DIR", help="default: comparison"
    )
    settings.add_data(parser, positional=False)
    settings.add_seed(parser, "resamples and shuffles of the scores", "evaluation.seed")
    settings.add_set(parser, (*settings.SECTIONS, "data"))
    parser.lists = lists.of_judging


def run(args: argparse.Namespace) -> None:
    """Judges what is not judged yet; writes compare.html, compare.csv, a figure."""
    changes = settings.parse_set(args.set)
    if args.seed is not None:
        changes["evaluation.seed"] = args.seed
    from flax.traverse_util import flatten_dict

    from tsgen_jax import pipeline
    from tsgen_jax.reports import comparison
    from tsgen_jax.runs import stored
    from tsgen_jax.runtime import compilation_cache

    compilation_cache.enable()
    names = _names(args.subjects)
    runs = [s for s in args.subjects if os.path.isdir(s)]
    data = {run: stored.read_config(run).data for run in runs}
    if runs and (args.data or args.root):
        raise ValueError("The runs name their data set: leave --data and --root out.")
    different = {d.path or d.name for d in data.values()}
    if len(different) > 1:
        raise ValueError(f"Runs on different sets: {', '.join(sorted(different))}.")
    judged = {}
    for name, subject in zip(names, args.subjects, strict=True):
        if subject in runs:
            judged[name] = pipeline.judged(subject, changes)
            continue
        if runs:
            config = stored.read_config(runs[0])
            from tsgen_jax import checks
            from tsgen_jax.runs.config import override

            override(config, changes, settings.SECTIONS)
            checks.check_config(config, training=False)
        else:
            config = settings.default_config(args, changes)
        judged[name] = evaluate.judge_file(
            config, subject, os.path.join(args.out, name)
        )
    configs = {
        name: flatten_dict(stored.read_config(subject).to_dict(), sep=".")
        for name, subject in zip(names, args.subjects, strict=True)
        if subject in runs
    }
    comparison.write(judged, args.out, configs)


def _names(subjects: list[str]) -> list[str]:
    """A short name each; the whole path where short ones are equal."""
    short = [os.path.basename(os.path.normpath(s)) for s in subjects]
    short = [
        os.path.splitext(s)[0]
        if s.endswith((".npz", ".npy", ".csv", ".parquet"))
        else s
        for s in short
    ]
    if len(set(subjects)) < len(subjects):
        raise ValueError("The same run or file is named twice.")
    if len(set(short)) == len(short):
        return short
    return [os.path.normpath(s).replace(os.sep, "_") for s in subjects]
