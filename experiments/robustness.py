"""The spread of scores by source: seeds and rounding, from the sweep `robustness`.

  python -m experiments.launch robustness --on=local --seeds=apart
  python -m experiments.robustness      # writes docs/robustness.md

Aims: rounding moves a FID by less than seeds do, and the seeds' deviation is below a
fifth of the mean.
"""

import argparse
import datetime
import math
import pathlib
import sys

import pandas as pd

from experiments import sweep_rows
from experiments.sweep_tables import number, table

ROOT = pathlib.Path(__file__).resolve().parents[1]
_SCORES = (
    "fid_minirocket",
    "fid_fcn",
    "reconstruction_fid_minirocket",
    "reconstruction_fid_fcn",
    "recall_minirocket",
    "cas_minirocket",
)
_AIM = 0.2  # Of the mean: the seeds' deviation of a FID at most.
_TOP = """# How far scores move, and why

Written by `python -m experiments.robustness` on {date}, from {runs} runs of the sweep
`robustness` (`configs/ssl_vqvae.py` at its defaults). Commits: {commits}. Machines: {machines}.

Seeds: the deviation over seeds of the runs that differ in nothing else, pooled over the kinds of
rounding. Rounding: the deviation, at one seed, over the default run, one thread, AVX2 in place of
AVX-512, and first weights moved by 1e-6; pooled over seeds. Networks whose training is chaotic
end elsewhere after any such change, so rounding is a second seed that nobody chose.

"""


def spread(rows: pd.DataFrame, score: str) -> dict[str, float]:
    """Mean, deviation by seed and by rounding of a score of one set.

    Both deviations are roots of means of variances (n - 1), of cells with two or more.
    """
    by = rows.set_index(["arm", "seed"])[score].astype(float).unstack("seed")

    def pooled(axis: int) -> float:
        variances = by.var(axis=axis, ddof=1).dropna()
        return math.sqrt(variances.mean()) if len(variances) else math.nan

    return {
        "mean": by.stack().mean(),
        "seeds": pooled(1),
        "rounding": pooled(0),
        "most": by.stack().max(),
        "runs": int(by.count().sum()),
    }


def page(place: pathlib.Path) -> str:
    """The page.

    Raises:
        ValueError: there is no whole block of set x seed.
    """
    found = sweep_rows.read(place)
    lines = []
    for name, mine in found.rows.groupby("set", sort=False):
        for score in _SCORES:
            if score not in mine or mine[score].isna().all():
                continue
            s = spread(mine, score)
            share = s["seeds"] / s["mean"] if s["mean"] else math.nan
            aims = "-"
            if "fid" in score and math.isfinite(share) and math.isfinite(s["rounding"]):
                less = "rounding less" if s["rounding"] < s["seeds"] else "**not less**"
                fifth = "below a fifth" if share < _AIM else "**above a fifth**"
                aims = f"{less}; {fifth}"
            cells = [number(s[key]) for key in ("mean", "seeds", "rounding", "most")]
            lines.append([name, f"`{score}`", str(s["runs"]), *cells, aims])
    head = ["set", "score", "runs", "mean", "seeds ±", "rounding ±", "largest", "aims"]
    top = _TOP.format(
        date=datetime.date.today().isoformat(),
        runs=len(found.rows),
        commits=", ".join(found.commits),
        machines=", ".join(found.machines) or "not noted",
    )
    return top + table(head, lines)


def main(argv: list[str]) -> int:
    """Writes the page; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.robustness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    results = ROOT / "experiments" / "results" / "robustness.jsonl"
    parser.add_argument("--results", default=str(results), metavar="PLACE")
    target = ROOT / "docs" / "robustness.md"
    parser.add_argument("--out", default=str(target), metavar="FILE")
    args = parser.parse_args(argv)
    try:
        text = page(pathlib.Path(args.results))
    except (ValueError, OSError) as error:
        print(f"experiments.robustness: {error}", file=sys.stderr)
        return 2
    pathlib.Path(args.out).write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
