"""All scores of generated series, ours or anybody's, by the judges of their set."""

import dataclasses
import logging
import os
import time
from collections.abc import Callable

import numpy as np
from ml_collections import ConfigDict
from threadpoolctl import threadpool_limits

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.evaluation import scores
from tsgen_jax.evaluation.measures import gallery
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges import cas, fcn, panel, post_hoc, white_noise
from tsgen_jax.runs import files
from tsgen_jax.types import Array

_LOG = logging.getLogger(__name__)
_JUDGE_ANEW = "Judge the series anew with tsgen evaluate, which replaces it."


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """Generated series in original units.

    Attributes:
        x: float [n, L, C].
        label: int [n], -1 for none; None: no series has a class.
    """

    x: np.ndarray
    label: np.ndarray | None


@dataclasses.dataclass(frozen=True, eq=False)
class Assessment:
    """What the judges say.

    Attributes:
        scores: rows of the table.
        notes: what could not be done as asked, in sentences.
        judge: `fcn.Judge.identity`, '' without that judge; scores by judges of other
            identities cannot be compared.
        pictures: arrays that figures are drawn from: confusion tables of CAS, those of
            `evaluation.gallery`, and the FID of `white_noise`.
    """

    scores: list[Score]
    notes: list[str]
    judge: str
    pictures: dict[str, np.ndarray]

    def metrics(self) -> dict[str, float]:
        """Values by name, such as 'fid_fcn'."""
        return {"_".join(filter(None, (s.name, s.judge))): s.value for s in self.scores}

    def write(self, directory: str) -> None:
        """Leaves scores.json and pictures.npz, the latter first."""
        os.makedirs(directory, exist_ok=True)
        files.write_arrays(os.path.join(directory, "pictures.npz"), self.pictures)
        rows = [score.to_json() for score in self.scores]
        content = {"judge": self.judge, "notes": self.notes, "scores": rows}
        files.write_json(os.path.join(directory, "scores.json"), content)


def read(directory: str) -> Assessment | None:
    """What `Assessment.write` left in `directory`; None where there is nothing.

    Raises:
        ValueError: it is damaged; the message names the file.
    """
    path = os.path.join(directory, "scores.json")
    content = files.read_json(path, _JUDGE_ANEW)
    if content is None:
        return None
    try:
        rows = [Score.from_json(row) for row in content["scores"]]
        notes, judge = list(map(str, content["notes"])), str(content["judge"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error!r}). {_JUDGE_ANEW}") from error
    pictures = files.read_arrays(os.path.join(directory, "pictures.npz"), _JUDGE_ANEW)
    return Assessment(rows, notes, judge, pictures)


def completed(dataset: Dataset) -> tuple[Dataset, list[str]]:
    """A set whose series are full, as judges need them, and what was done for that."""
    notes = []
    if dataset.num_filled:
        notes.append(
            f"Judges see {dataset.num_filled} missing values of the data interpolated; "
            "errors of reconstruction count given values only."
        )
    if dataset.has_ends:
        notes.append(
            "Series are of unequal lengths: for the judges the last value is held after "
            "the end, of real series and of generated ones alike."
        )
    for note in notes:
        _LOG.info("%s", note)
    return dataset.complete(), notes


def check_samples(dataset: Dataset, x: Array, label: Array | None) -> Samples:
    """Samples that the judges of `dataset` can be asked about.

    Raises:
        ValueError: wrong shape, values that are not finite, fewer than two series,
            or labels that are no classes of the set.
    """
    x = np.asarray(x)
    wanted = (dataset.length, dataset.num_channels)
    if x.ndim == 2 and dataset.num_channels == 1:
        x = x[:, :, None]
    if x.ndim != 3 or x.shape[1:] != wanted or x.dtype.kind not in "fiu":
        raise ValueError(
            f"x of the samples is {x.dtype} {x.shape}; {dataset.name} needs numbers "
            f"[n, {wanted[0]}, {wanted[1]}]: series, time points, channels."
        )
    if len(x) < 2:
        raise ValueError(f"{len(x)} series: there must be two or more to judge.")
    dtype = dataset.x_test.dtype
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(x.astype(np.float32))
    if bad.any():
        raise ValueError(
            f"The samples hold {bad.sum()} values that are not finite, the first in "
            f"series {np.argwhere(bad)[0][0]}. Leave those series out (float32 ends at 3.4e38)."
        )
    if label is None:
        return Samples(x.astype(dtype), None)
    label = np.asarray(label)
    if label.shape != (len(x),) or label.dtype.kind not in "iu":
        raise ValueError(
            f"label of the samples is {label.dtype} {label.shape}; it must be "
            f"integers [{len(x)}], one per series."
        )
    if label.min() < -1 or label.max() >= dataset.num_classes:
        names = ", ".join(f"{i}: {c}" for i, c in enumerate(dataset.classes))
        raise ValueError(
            f"Labels run from {label.min()} to {label.max()}; the classes of "
            f"{dataset.name} are {names}; -1 means none."
        )
    if (label < 0).all():
        return Samples(x.astype(dtype), None)
    if (label < 0).any():
        raise ValueError(
            f"{(label < 0).sum()} of {len(label)} series have no class (-1). Give all "
            "series a class, or none."
        )
    return Samples(x.astype(dtype), label.astype(np.int32))


_PARTS = {  # Of an evaluation, in order, and what each does.
    "judges": "the judges' features of TEST, TRAIN and samples",
    "fidelity": "distances between features, with bootstrap intervals",
    "usefulness": "classifiers that are trained on samples (CAS)",
    "statistics": "statistics of the series themselves",
    "post_hoc": "networks that tell samples from TEST, and that predict",
    "privacy": "distances to the closest training series",
    "pictures": "projections for the figures",
}


class _Progress:
    """Says which part of how many begins, and how long each took."""

    def __init__(self, parts: list[str]):
        self._parts, self._started = parts, None

    def __call__(self, part: str) -> None:
        self.end()
        self._started = time.perf_counter()
        number = self._parts.index(part) + 1, len(self._parts)
        _LOG.info("Evaluation, part %d of %d: %s.", *number, _PARTS[part])

    def end(self) -> None:
        """The part that was begun last is done."""
        if self._started is not None:
            _LOG.info("  done in %.0f s.", time.perf_counter() - self._started)
        self._started = None


def assess(
    config: ConfigDict,
    dataset: Dataset,
    samples: Samples,
    workdir: str,
    x_hat: Array | None,
) -> Assessment:
    """Computes the groups of scores in `config.evaluation.scores`.

    'representation' is not among them here: it is about a run, not about series.

    Args:
        config: sections `judge`, `evaluation` and `train` are read.
        dataset: of the same units as the samples.
        samples: from `check_samples`.
        workdir: `<workdir>/judge` keeps the judges.
        x_hat: TEST through a tokenizer and back, for its own FID; or None.

    Raises:
        ValueError: scores that these samples cannot have.
    """
    # More threads of BLAS wait for each other, tens of times longer than they work,
    # as soon as another program wants a core.
    with threadpool_limits(1, "blas"):
        return _assess(config, dataset, samples, workdir, x_hat)


def _assess(config, dataset, samples, workdir, x_hat) -> Assessment:
    settings = config.evaluation
    groups = settings.scores.split("+")
    begin = _Progress([p for p in _PARTS if p in ("judges", "pictures", *groups)])
    begin("judges")
    x_train, y_train = fcn.whole_train(dataset)
    parts = {"test": dataset.x_test, "samples": samples.x, "train": x_train}
    flat = {name: x.reshape(len(x), -1) for name, x in parts.items()}
    series, records = parts.values(), [flat[k] for k in ("samples", "train", "test")]
    labels = dataset.y_test, samples.label, y_train
    judges = panel.ask(config, dataset, parts, groups, workdir)
    confusions = {}
    steps = {
        "fidelity": lambda: _fidelity(settings, judges, labels, x_hat),
        "usefulness": lambda: _usefulness(config, dataset, samples, judges, confusions),
        "statistics": lambda: _call(settings, scores.series_statistics, *series),
        "post_hoc": lambda: post_hoc.scores(config, *series),
        "privacy": lambda: _call(settings, scores.privacy_scores, *records),
    }
    rows, notes = [], list(judges.notes)
    for group, step in steps.items():
        if group in groups:
            begin(group)
            more, said_more = step()
            rows += more
            notes += said_more
    begin("pictures")
    pictures, said_more = _pictures(
        settings.seed, confusions, flat, judges.features, parts
    )
    if "fidelity" in groups:
        of = judges.extract, judges.features, x_train, settings.seed
        pictures |= white_noise.distances(*of)
    begin.end()
    identity = judges.fcn.identity if judges.fcn else ""
    return Assessment(rows, notes + said_more, identity, pictures)


def _fidelity(settings, judges, labels, x_hat) -> tuple[list[Score], list[str]]:
    """In the features of every judge, also of the tokenizer alone if `x_hat` is given."""
    rows, notes = [], []
    for name, of in judges.features.items():
        features = of["test"], of["samples"], of["train"]
        if name == "ts2vec":
            more, said = _call(settings, scores.context_fid, name, *features)
        else:
            p = judges.probabilities if name == "fcn" else None
            more, said = _call(settings, scores.fidelity, name, *features, *labels, p)
        rows += more
        notes += said
        if x_hat is not None:
            again = judges.extract[name](x_hat)
            rows.append(scores.reconstruction_fid(name, of["test"], again, of["train"]))
    return rows, notes


def _usefulness(
    config, dataset, samples, judges, confusions
) -> tuple[list[Score], list[str]]:
    """CAS by the judges that are classifiers; their tables go into `confusions`."""
    if not {"fcn", "minirocket"} & set(judges.names):
        return [], []
    if samples.label is None:
        return [], ["CAS is left out: the samples have no labels."]
    classify = cas.classifiers(config, dataset, judges.fcn, judges.names)
    result = cas.score(config, dataset, samples.x, samples.label, classify)
    confusions |= result.confusions
    return result.scores, result.notes


def _pictures(seed, confusions, flat, features, sets) -> tuple[dict, list[str]]:
    """What figures are drawn from, and why some of it is not there."""
    pictures, notes = {f"confusion/{k}": table for k, table in confusions.items()}, []
    try:
        pictures |= gallery.points(seed, {"series": flat, **features})
    except ValueError as error:  # Too few series, or all of TEST equal.
        notes.append(f"No picture of series as points: {error}")
    return pictures | gallery.nearest(seed, flat, sets), notes


def _call(settings: ConfigDict, function: Callable, *args):
    """`function` of `args` and of the settings that are keyword arguments of it."""
    code = function.__code__
    count = code.co_argcount
    names = code.co_varnames[count : count + code.co_kwonlyargcount]
    return function(*args, **{name: settings[name] for name in names})
