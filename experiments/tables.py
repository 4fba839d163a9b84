"""Writes docs/results.md, and the README's scores, from the numbers in experiments/results/.

  python experiments/tables.py           # writes both, and a picture
  python experiments/tables.py --check   # says whether they are current
  python -m experiments.tables runs/SWEEP [--reference=ARM]
  python -m experiments.tables experiments/results/SWEEP.jsonl

The last two compare the arms of a sweep, from its run directories or its scores, and
write Markdown, CSV files and figures to runs/SWEEP/tables (--out). For the page, numbers
come from JSON files that the experiments leave; words that explain them stand
here. tests/experiments/test_tables.py checks that the page is what this program writes.
"""

import argparse
import json
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from experiments import (  # noqa: E402
    agreement_table,
    constraints,
    generators_table,
    parts_table,
    readme_table,
    results_table,
    robust_table,
    timevqvae_table,
)
from experiments import table_texts as texts  # noqa: E402

PAGE = ROOT / "docs" / "results.md"
README = ROOT / "README.md"
_RESULTS = ROOT / "experiments" / "results"
_ROWS = (  # Scores beside timevqvae's: name in the JSON, name in the table, percent.
    ("fid_fcn", "`fid` fcn", False),
    ("class_fid_fcn", "`class_fid` fcn", False),
    ("inception_score_fcn", "`inception_score` fcn", False),
    ("recall_fcn", "`recall` fcn", False),
    ("coverage_fcn", "`coverage` fcn", False),
    ("fid_minirocket", "`fid` minirocket", False),
    ("recall_minirocket", "`recall` minirocket", False),
    ("coverage_minirocket", "`coverage` minirocket", False),
    ("cas_fcn", "`cas` fcn", True),
    ("cas_minirocket", "`cas` minirocket", True),
    ("discriminative_score_gru", "`discriminative_score` gru", False),
    ("share_closer_to_train", "`share_closer_to_train` (ideal 0.5)", False),
)
_COVERED = ("coverage_50", "coverage_90")


def _read(name: str):
    return json.loads((_RESULTS / f"{name}.json").read_text())


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _spread(values: list[float], percent: bool = False) -> str:
    """'mean ± deviation' of seeds."""
    factor = 100 if percent else 1
    mean, unit = factor * statistics.fmean(values), " %" if percent else ""
    if len(values) < 2:
        return f"{mean:.3g}{unit}"
    return f"{mean:.3g} ± {factor * statistics.stdev(values):.2g}{unit}"


def scores() -> str:
    """The main table: run directories by seed."""
    return results_table.table(_read("scores"))


def again() -> str:
    """The README's command with the present defaults."""
    return results_table.table(_read("gunpoint-again"))


def competitor() -> str:
    """Ours and PyPI timevqvae, seeds of each."""
    found = _read("competitor")
    sets = list(dict.fromkeys(row["data"] for row in found))
    head, rows = ["score"], []
    for name in sets:
        head += [f"{name}: ours", "timevqvae"]
    for key, label, percent in _ROWS:
        row = [label]
        for name in sets:
            of_set = [one for one in found if one["data"] == name]
            for side in ("ours", "timevqvae"):
                row.append(_spread([one[side][key] for one in of_set], percent))
        rows.append(row)
    return _table(head, rows)


def _generators() -> generators_table.Cells:
    lines = generators_table.read("generators")
    return generators_table.cells(lines, generators_table.read("generator-costs"))


def generators() -> str:
    """All generators by set, where ours lose first."""
    lines = generators_table.read("generators")
    return generators_table.section(_generators(), lines)


def agreement() -> str:
    """TimeVQVAE's networks beside ours, layer by layer."""
    return agreement_table.table(agreement_table.read())


def completion() -> str:
    """Imputation and forecasts beside their baselines."""
    rows = []
    for kind in ("imputation", "forecasting"):
        for which in ("ucr", "etth1"):
            for entry in _read(f"{kind}-{which}")["results"]:
                rows.append(_completed(entry))
    head = ["task", "CRPS", "MAE of median", "in 50 %", "in 90 %", "best baseline"]
    return _table([*head, "all baselines, CRPS"], rows)


def _completed(entry: dict) -> list[str]:
    what = f"last {entry['horizon']} time points" if "horizon" in entry else ""
    what = what or f"{entry['blocks']} gap{'s' * (entry['blocks'] > 1)}, 30 %"
    of = dict(entry["scores"])
    model = of.pop("model")
    ranked = sorted((values["crps"], name) for name, values in of.items())
    best = f"{ranked[0][0]:.3f} {ranked[0][1]}"
    ours = f"{model['crps']:.3f}"
    ours, best = (
        (f"**{ours}**", best) if model["crps"] < ranked[0][0] else (ours, f"**{best}**")
    )
    covered = [f"{model[name]:.0%}" for name in _COVERED]
    others = ", ".join(f"{name} {value:.3f}" for value, name in ranked[1:])
    return [
        f"{entry['data']}, {what}",
        ours,
        f"{model['mae']:.3f}",
        *covered,
        best,
        others,
    ]


def multivariate() -> str:
    """Windows of 24 beside published scores."""
    rows = []
    for entry in _read("multivariate")["results"]:
        for score, values in entry["scores"].items():
            row = [entry["data"], f"`{score}`"]
            for judged in ("test", "seen"):
                own = values[judged]
                row.append(f"{_spread(own['values'])} ({own['floor']:.3g})")
            known = values.get("published", {})
            row.append(", ".join(f"{k} {v:g}" for k, v in known.items()) or "none")
            rows.append(row)
    return _table(["set", "score", "TEST (floor)", "seen (floor)", "published"], rows)


def limits() -> str:
    """Samples without and with constraints."""
    return constraints.table(_read("constraints")["results"])


def settings() -> str:
    """Speed and quality of sampling by settings that train nothing."""
    found = _read("sampling-settings")
    head = [
        "setting",
        *(f"{s}: series/s; `fid` fcn; minirocket" for s in found["results"]),
    ]
    rows = []
    for name in found["settings"]:
        row = [name]
        for runs in found["results"].values():
            rates = [r["rates"][name] for r in runs if r["rates"]]
            rate = f"{statistics.median(rates[0]):.0f}" if rates else "-"
            fids = [
                _spread([r["scores"][name][f"fid {judge}"] for r in runs])
                for judge in ("fcn", "minirocket")
            ]
            row.append("; ".join([rate, *fids]))
        rows.append(row)
    return _table(head, rows)


def readme() -> str:
    """The README with its scores of generators."""
    return readme_table.fill(README.read_text(), _generators())


def page() -> str:
    """The whole page."""
    parts = [texts.TOP]
    for text, table in (
        (generators_table.TEXT, generators),
        (texts.SCORES, scores),
        (texts.AGAIN, again),
        (texts.COMPETITOR, competitor),
        (agreement_table.TEXT, agreement),
        (timevqvae_table.TEXT, timevqvae_table.tables),
        (texts.COMPLETION, completion),
        (texts.MULTIVARIATE, multivariate),
        (texts.SETTINGS, settings),
        (texts.CONSTRAINTS, limits),
        (parts_table.TEXT, parts_table.table),
        (texts.ROBUST_PRIOR, robust_table.priors),
        (texts.ROBUST_TOKENIZER, robust_table.tokenizers),
    ):
        before, after = text
        parts += [before, table(), after]
    parts.append(texts.WITHOUT_NUMBERS)
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _sweep(args: argparse.Namespace) -> None:
    from experiments import sweep_tables

    place = pathlib.Path(args.sweep)
    out = pathlib.Path(args.out) if args.out else place.with_suffix("") / "tables"
    if not args.out and place.is_file():
        out = ROOT / "runs" / place.stem / "tables"
    shown = args.sweep + (f" --reference={args.reference}" if args.reference else "")
    try:
        text = sweep_tables.write(place, out, args.reference, shown)
    except (ValueError, OSError) as error:
        raise SystemExit(f"experiments.tables: {error}") from error
    print(f"{text}\nWritten to {out}.")


def main(argv: list[str]) -> None:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", nargs="?", help="runs/SWEEP, or SWEEP.jsonl")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--reference", default="", help="arm; default: the first")
    parser.add_argument("--out", default="", metavar="DIR", help="of a sweep's tables")
    args = parser.parse_args(argv)
    if args.sweep:
        _sweep(args)
        return
    if args.check:
        for path, text in ((PAGE, page()), (README, readme())):
            if path.read_text() != text:
                raise SystemExit(f"{path.name} is old: python experiments/tables.py.")
        return
    PAGE.write_text(page())
    README.write_text(readme())
    generators_table.draw(_generators(), PAGE.with_name("generators-ranks.png"))


if __name__ == "__main__":
    main(sys.argv[1:])
