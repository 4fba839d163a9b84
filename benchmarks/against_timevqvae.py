"""Our `timevqvae` presets against PyPI `timevqvae` 1.0.1: a step of each stage.

  python benchmarks/against_timevqvae.py           # minutes; makes PyTorch's environment

At ECG5000's and SyntheticControl's shape with batches of 32, as the authors' later code
has: a step of stage 1, both bands together, and one of both priors. `faithful` has the
networks of the paper and `none` those of our defaults; theirs are those of the package
at its README's settings. Operations of a unit stand beside the times. Timed in turn, see
`benchmarks/pairs.py`; medians over rounds with 95 % intervals, below 1 where ours is
faster.

Leaves experiments/results/against-timevqvae-<machine kind>.json.
"""

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from benchmarks import cases, pairs, shapes, turns  # noqa: E402
from benchmarks.peers import setup  # noqa: E402

_SHAPES = ("ecg5000", "synthetic_control")


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--shapes", nargs="+", default=_SHAPES, help="as of benchmark.py")
    add("--presets", nargs="+", default=["faithful", "none"], help="of ours")
    add("--batch", type=int, default=32, help="of both stages and sides")
    add("--peer-env", default=str(ROOT / "build" / "peer-venv"), metavar="DIR")
    add("--torch-spec", default=setup.TORCH, help="what pip installs as torch")
    pairs.add_arguments(parser)
    args = parser.parse_args(argv)
    try:
        args.cases = [
            case
            for preset in args.presets
            for case in cases.of_two_bands(preset, args.batch)
        ]
        args.shapes = dict(shapes.parse(text) for text in args.shapes)
    except ValueError as error:
        parser.error(str(error))
    return args


def main(argv: list[str]) -> None:
    """Measures all cases."""
    args = parse(argv)
    pairs.end_in_order()
    pythons = {
        "ours": sys.executable,
        "timevqvae": setup.ensure(args.peer_env, args.torch_spec),
    }
    head = {"command": pairs.command_of("against_timevqvae", argv)}
    head |= {"batch": args.batch, **pairs.facts(args)}
    path = pairs.path_of(args, "against-timevqvae")
    entries = []

    def start(side: str) -> turns.Process:
        how = args.threads, "cpu", args.patience
        return turns.Process(side, pythons[side], *how)

    print(pairs.HEAD.format("ours", "timevqvae"), flush=True)
    for name, shape in args.shapes.items():
        for case in args.cases:
            job = cases.make_job(case, shape)
            jobs = {side: job for side in case.sides}
            about = f"{name}: {case.about}"
            entry = pairs.measured(about, start, jobs, args)
            said = {"case": f"{case.name}-{name}", "shape": vars(shape)}
            entries.append({**said, **entry})
            pairs.write(path, head, entries)
    print(f"Written to {path}.")


if __name__ == "__main__":
    main(sys.argv[1:])
