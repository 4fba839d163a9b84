"""Do TimeVQVAE's own networks give, layer by layer, what `timevqvae:faithful` gives?

  git clone https://github.com/ML4ITS/TimeVQVAE build/TimeVQVAE
  git -C build/TimeVQVAE checkout c6151ba
  python experiments/timevqvae_agreement.py --source=build/TimeVQVAE

At equal weights, in an environment of PyTorch's own: the networks of the paper from its
authors' repository, and what PyPI `timevqvae` has in common with us. Differences of
every layer go to experiments/results/timevqvae-agreement.json; docs/results.md shows
the largest. Fails where one is too large.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from benchmarks.peers import setup  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "timevqvae-agreement.json"
# Our running variances are those of the sample, PyTorch's are unbiased.
MOVED = "statistics moved"
_LARGEST, _LARGEST_MOVED = 1e-4, 1e-2  # Relative.
_NEEDS = ("x-transformers==1.27.0", "packaging")


def faults(found: dict) -> list[str]:
    """What differs by more than rounding, in words."""
    parts = {f"paper, {name}": rows for name, rows in found["paper"].items()}
    parts["package"] = found["package"]
    said = []
    for part, rows in parts.items():
        for name, row in rows.items():
            limit = _LARGEST_MOVED if MOVED in name else _LARGEST
            if row.get("relative", 0) > limit:
                said.append(f"{part}: {name} differs by {row['relative']:.1e}")
            if row.get("tokens_that_differ"):
                count = f"{row['tokens_that_differ']} of {row['of']} tokens differ"
                said.append(f"{part}: {name}: {count}")
    for name, (theirs, ours) in found["other_values"].items():
        said.append(f"preset: {name} is {theirs}, ours {ours}")
    return said


def measure(python: str, source: str) -> dict:
    """Differences of every layer: runs both sides."""
    from benchmarks import ours_timevqvae

    with tempfile.TemporaryDirectory() as folder:
        ours_timevqvae.write(folder)
        command = [python, "-W", "ignore", "-m", "benchmarks.peers.timevqvae_layers"]
        done = subprocess.run(
            [*command, folder, str(pathlib.Path(source).resolve())],
            check=True,
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
    return json.loads(done.stdout)


def main(argv: list[str]) -> None:
    """Measures, and writes the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--source", required=True, metavar="DIR", help="checkout at commit c6151ba")
    add("--peer-env", default=str(ROOT / "build" / "peer-venv"), metavar="DIR")
    add("--torch-spec", default=setup.TORCH, help="what pip installs as torch")
    add("--results", default=str(RESULTS), metavar="FILE")
    args = parser.parse_args(argv)
    python = setup.ensure(args.peer_env, args.torch_spec)
    setup._pip(python, "--no-deps", *_NEEDS)
    from tsgen_jax.runs import provenance

    found = measure(python, args.source)
    head = {"commit": provenance.now()["commit"], "authors_commit": "c6151ba"}
    pathlib.Path(args.results).write_text(
        json.dumps({**head, **found}, indent=1) + "\n"
    )
    said = faults(found)
    if said:
        raise SystemExit("\n".join(said))
    print(f"All layers agree. Written to {args.results}.")


if __name__ == "__main__":
    main(sys.argv[1:])
