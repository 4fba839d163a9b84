"""Table, figures and page about generated series, wherever they come from."""

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.judges.assess import Assessment, Samples
from tsgen_jax.reports import answer
from tsgen_jax.reports import page as report
from tsgen_jax.reports.figures import glance, spectra
from tsgen_jax.reports.figures import judges as judge_figures
from tsgen_jax.reports.figures import series as figures
from tsgen_jax.runs import provenance

Named = tuple[str, report.Section]  # File name of the figure, and its section.


def sections(dataset: Dataset, samples: Samples, judged: Assessment) -> Iterator[Named]:
    """The pictures that only series and judges are needed for, in reading order."""
    x = samples.x
    label, classes, y_test = _rows_of(dataset, samples)
    yield (
        "real_and_generated",
        report.drawn(
            "Real beside generated",
            "TEST series and generated ones, per class, on shared axes.",
            figures.plot_real_and_generated,
            (dataset.x_test, y_test, x, label, classes),
        ),
    )
    yield "nearest_neighbours", _nearest(x, label, classes, judged.pictures)
    if _panels(judged.pictures):
        yield "embedding", _embedding(judged.pictures)
    yield (
        "spectra_and_autocorrelation",
        report.drawn(
            "Spectra and autocorrelation",
            "Mean power at each frequency, and memory at each lag.",
            spectra.plot_spectra_and_autocorrelation,
            (dataset.x_test, x),
        ),
    )
    tables = _below(judged.pictures, "confusion/")
    if tables:
        yield (
            "cas_confusion",
            report.drawn(
                "What classifiers learn from generated series",
                "TEST as seen by classifiers trained on TRAIN, and trained on "
                "generated series with TRAIN's class counts (CAS).",
                judge_figures.plot_confusion,
                (tables, dataset.classes),
            ),
        )


def opening(
    dataset: Dataset, samples: Samples, judged: Assessment, tokenizes: bool = False
) -> tuple[report.Section, answer.Answer]:
    """What the page opens with: one picture, and the answer that scores give."""
    label, classes, y_test = _rows_of(dataset, samples)
    args = dataset.x_test, y_test, samples.x, label, classes
    picture = report.Section("Real and generated", "", glance.plot_glance(*args))
    return picture, answer.make(judged, dataset, tokenizes)


def _rows_of(dataset: Dataset, samples: Samples):
    """Labels of samples, names, and labels of TEST; without labels one row for all."""
    if samples.label is not None:
        return samples.label, dataset.classes, dataset.y_test
    none = np.zeros(len(samples.x), int), np.zeros(len(dataset.x_test), int)
    return none[0], ("all classes",), none[1]


def write(
    title: str,
    judged: Assessment,
    named: Iterable[Named],
    config: Mapping,
    directory: str,
    about: Mapping[str, str] = MappingProxyType({}),
    opening: tuple[report.Section, answer.Answer] | None = None,
) -> None:
    """Writes figures/*.png, scores.csv and report.html; prints the table.

    Args:
        title: of the page.
        judged: rows and notes.
        named: sections in reading order.
        config: shown at the end of the page.
        directory: made if it is not there.
        about: of the run, for the head of the page; without it the command is shown.
        opening: from `opening`; None: the page opens with the table.
    """
    figure_dir = os.path.join(directory, "figures")
    os.makedirs(figure_dir, exist_ok=True)
    shown = []
    for name, section in named:
        if section.figure is not None:
            report.save_figure(section.figure, os.path.join(figure_dir, f"{name}.png"))
        shown.append(section)
    rows = [report.Row.from_score(score) for score in judged.scores]
    if judged.notes:
        text = "\n\n".join(judged.notes)
        shown.append(report.Section("What was not measured", text, None))
    made = provenance.now()
    head = {
        **(about or {"Command": made["command"]}),
        "Report made": f"{made['date']}, {release(made)}",
    }
    shown_config = json.loads(json.dumps(config))
    if opening:
        path = os.path.join(figure_dir, "answer.png")
        report.save_figure(opening[0].figure, path)
    page = report.make_report(title, rows, shown, shown_config, head, opening)
    report.write_report(os.path.join(directory, "report.html"), page)
    write_scores(title, judged, directory)
    print(f"\nReport: {os.path.join(directory, 'report.html')}")


def write_scores(title: str, judged: Assessment, directory: str) -> None:
    """Writes scores.csv to a directory that is there, and prints the table."""
    rows = [report.Row.from_score(score) for score in judged.scores]
    report.write_csv(os.path.join(directory, "scores.csv"), rows)
    print(f"\n{title}\n" + "-" * len(title))
    print(report.format_rows([dataclasses.replace(row, note="") for row in rows]))
    for note in judged.notes:
        print(f"Note: {note}")


def release(found: Mapping[str, str]) -> str:
    """Version and commit of what `provenance` has found, in words."""
    at = f" (commit {found['commit']})" if found["commit"] else ""
    return f"tsgen_jax {found['version']}{at}"


def _below(pictures: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k[len(prefix) :]: v for k, v in pictures.items() if k.startswith(prefix)}


def _panels(pictures: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Panel -> set -> points [n, 2]."""
    panels = {}
    for name, points in _below(pictures, "points/").items():
        panel, _, of = name.rpartition("/")
        panels.setdefault(panel, {})[of] = points
    return panels


def _embedding(pictures) -> report.Section:
    title = "Series as points"
    return report.drawn(
        title,
        "TEST and generated series in the same plane, in data space and in the "
        "features of the judges: where only one colour is, the other has nothing.",
        judge_figures.plot_embedding,
        (_panels(pictures), None, title),
    )


def _nearest(x, label, classes, pictures) -> report.Section:
    rows = pictures["nearest/rows"]
    return report.drawn(
        "Nearest training series",
        "Generated series drawn at random, over the TRAIN series closest to them "
        "(Euclidean). Copies would lie on each other.",
        judge_figures.plot_nearest_neighbours,
        (
            x[rows],
            pictures["nearest/train"],
            pictures["nearest/distance"],
            float(pictures["nearest/usual"]),
            [classes[label[row]] for row in rows],
        ),
    )
