"""Bars from a bad end, which knows nothing, to a good end, which real series reach.

    fidelity            fid: white noise ... the better of TRAIN and halves of TEST
    variety             coverage: 0 ... the better of TRAIN and halves of TEST
    usefulness          cas: always the largest class ... trained on TRAIN
    closeness to TRAIN  share_closer_to_train: all samples ... half of them
    reconstruction      reconstruction_fid: the two ends of fidelity

Distances are on a logarithmic scale: on a plain one everything is far from noise.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.evaluation.scores import Score

_JUDGES = ("minirocket", "fcn", "ts2vec")  # First those that are alike everywhere.
AGAIN = "reconstruction_fid"
_REAL = {"TRAIN": "TRAIN itself", "TEST halves": "halves of TEST"}
_SPAN = 1000  # Most of a logarithmic scale, from the bad end down.


class NotJudged(Exception):
    """Why there is no bar."""


class Bar(NamedTuple):
    """One score between its ends; places are from 0, the bad end, to 1.

    Attributes:
        name: of what is judged.
        asks: the same as a question.
        value: as text.
        place: of the value.
        interval: places of its ends; None: it has none.
        ticks: name -> place of real series that are not at the good end.
        bad: the bad end, as text.
        good: the good end, as text.
        said: sentences.
        scale: of what, for a tooltip.
    """

    name: str
    asks: str
    value: str
    place: float
    interval: tuple[float, float] | None
    ticks: dict[str, float]
    bad: str
    good: str
    said: str
    scale: str


def find(scores: Sequence[Score], *names: str) -> Score:
    """The score of the first of `names`, by the first of the judges, that there is."""
    for name in names:
        of = {score.judge: score for score in scores if score.name == name}
        for judge in (*_JUDGES, *of):
            if judge in of:
                return of[judge]
    raise NotJudged("not judged")


def fidelity(scores: Sequence[Score], noise: dict[str, float]) -> Bar:
    """How far generated series are from TEST; `noise`: judge -> FID of white noise."""
    score = find(scores, "fid", "context_fid")
    bar = _distance("Fidelity", "do they look real?", score, score, noise)
    real = ", ".join(
        f"{_REAL.get(of, of)} {short(v)}" for of, v in score.floors.items()
    )
    said = (
        f"Generated series are at a Fréchet distance of {bar.value} from TEST in "
        f"{judge_of(score)} features: {real}, white noise {short(noise[score.judge])}."
    )
    return bar._replace(said=said)


def reconstruction(scores: Sequence[Score], noise: dict[str, float]) -> Bar:
    """How far TEST is from itself through the tokenizer and back."""
    fid = find(scores, "fid", "context_fid")
    score = find([s for s in scores if s.judge == fid.judge], AGAIN)
    bar = _distance("Reconstruction", "what do tokens keep?", score, fid, noise)
    said = (
        f"TEST through the tokenizer and back is at {bar.value}. Better tokens would "
        "lower that, a better prior would not."
    )
    return bar._replace(said=said)


def _distance(
    name: str, asks: str, score: Score, fid: Score, noise: dict[str, float]
) -> Bar:
    """A bar of a Frechet distance between the ends of `fid`."""
    if score.judge not in noise:
        raise NotJudged("judged by an older version; tsgen evaluate judges it anew")
    bad, (real, good) = noise[score.judge], _best(fid.floors, min)
    if good >= bad or bad <= 0:
        raise NotJudged(f"{judge_of(score)} does not tell real series from noise")
    least = max(good, bad / _SPAN)

    def place(value: float) -> float:
        return math.log(bad / max(value, least)) / math.log(bad / least)

    ends = f"white noise {short(bad)}", f"{real} {short(good)}"
    scale = "Logarithmic scale from white noise with TRAIN's mean and deviation to "
    scale += "the better of TRAIN and one half of TEST against the other."
    return _bar(name, asks, score, short(score.value), place, ends, scale, fid.floors)


def variety(scores: Sequence[Score]) -> Bar:
    """How much of TEST has a generated series near it."""
    score = find(scores, "coverage")
    real, good = _best(score.floors, max)
    if not good:
        raise NotJudged("real series cover none of TEST")
    ends = "none 0 %", f"{real} {percent(good)}"
    value, scale = percent(score.value), "From no series of TEST to what real ones do."
    asks = "all kinds of series?"
    bar = _bar("Variety", asks, score, value, lambda v: v / good, ends, scale)
    reached = " and ".join(
        f"{percent(v)} by {_REAL.get(k, k)}" for k, v in score.floors.items()
    )
    said = (
        f"{value} of the TEST series have a generated one among their nearest "
        f"neighbours (coverage, {judge_of(score)}): {reached}."
    )
    return bar._replace(said=said)


def usefulness(scores: Sequence[Score], dataset: Dataset) -> Bar:
    """What a classifier learns from generated series."""
    if dataset.num_classes < 2:
        raise NotJudged("the set has one class")
    score = find(scores, "cas")
    y_train = np.concatenate([dataset.y_train, dataset.y_valid])
    largest = np.bincount(y_train, minlength=dataset.num_classes).argmax()
    chance, real = float((dataset.y_test == largest).mean()), score.floors["TRAIN"]
    if real <= chance:
        raise NotJudged("a classifier trained on TRAIN is no better than chance")
    ends = f"largest class {percent(chance)}", f"TRAIN {percent(real)}"
    value = percent(score.value)
    scale = "From naming the largest class always to a classifier trained on TRAIN."

    def place(v: float) -> float:
        return (v - chance) / (real - chance)

    asks = "can one learn from them?"
    bar = _bar("Usefulness", asks, score, value, place, ends, scale)
    said = (
        f"A classifier ({judge_of(score)}) that saw generated series only names the class of "
        f"{value} of TEST; trained on TRAIN it names {percent(real)}."
    )
    return bar._replace(said=said)


def closeness(scores: Sequence[Score]) -> Bar:
    """Whether generated series follow TRAIN more closely than TEST."""
    score = find(scores, "share_closer_to_train")
    value = percent(score.value)
    ends, scale = ("all 100 %", "half 50 %"), "From all samples to half of them."
    asks = "new series, or TRAIN's again?"
    bar = _bar(
        "Closeness to TRAIN", asks, score, value, lambda v: 2 - 2 * v, ends, scale
    )
    said = (
        f"{value} of the generated series are closer to TRAIN than to as many TEST "
        "series; 50 % is right, all of them would mean that TRAIN is repeated."
        f"{_verbatim(scores)}"
    )
    return bar._replace(said=said)


def _verbatim(scores: Sequence[Score]) -> str:
    """What was copied token by token, of generators with tokens."""
    try:
        score = find(scores, "copied_sequences")
    except NotJudged:
        return ""
    band = f" ({score.judge})" if score.judge else ""
    return (
        f" Token by token{band}, {percent(score.value)} of them stand in TRAIN; of "
        f"TEST {percent(score.floors['TEST'])} do."
    )


def _bar(
    name: str,
    asks: str,
    score: Score,
    value: str,
    place: Callable[[float], float],
    ends: tuple[str, str],
    scale: str,
    real: dict[str, float] | None = None,
) -> Bar:
    """A bar without its sentence; `real`: what the ticks are of, None: its floors."""
    interval = None
    if score.low is not None:
        low, high = sorted(_clip(place(end)) for end in (score.low, score.high))
        interval = low, high
    places = {k: _clip(place(v)) for k, v in (real or score.floors).items()}
    ticks = {k: at for k, at in places.items() if at < 1}
    at = _clip(place(score.value))
    return Bar(name, asks, value, at, interval, ticks, *ends, "", scale)


def _best(floors: dict[str, float], of: Callable) -> tuple[str, float]:
    """The floor that is hardest to reach."""
    if not floors:
        raise NotJudged("without floors")
    return of(floors.items(), key=lambda item: item[1])


def judge_of(score: Score) -> str:
    """The judge's name as its authors write it."""
    names = {"minirocket": "MiniRocket", "fcn": "FCN", "ts2vec": "TS2Vec"}
    return names.get(score.judge, score.judge)


def _clip(place: float) -> float:
    return float(np.clip(place, 0, 1))


def short(value: float) -> str:
    """Three digits of what is 1 or more, else two."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2g}"


def percent(share: float) -> str:
    """A whole number of per cent."""
    return f"{100 * share:.0f} %"
