"""`tsgen report`: the page of a run, drawn again from what it holds."""

import argparse

NAME = "report"
HELP = "draw the report of a finished run again"
EXAMPLES = """
examples:
  tsgen report --run=runs/ssl_vqvae-vibcreg-GunPoint

Nothing is trained, generated or judged; report.html, figures/ and scores.csv are written
anew.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run."""
    parser.add_argument("--run", required=True, metavar="DIR", help="a finished run")


def run(args: argparse.Namespace) -> None:
    """Writes the report and prints the table."""
    from tsgen_jax import pipeline

    pipeline.report_run(args.run)
