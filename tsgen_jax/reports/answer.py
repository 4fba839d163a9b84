"""The answer that a page opens with: scores as bars, and what limits the model."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges import white_noise
from tsgen_jax.judges.assess import Assessment
from tsgen_jax.reports import bars
from tsgen_jax.reports.bars import Bar

_MOSTLY, _LITTLE = 0.6, 0.4  # Of the distance to TEST: the tokenizer's part, or not.
_HALF = 0.5  # Of the recall that real series reach: below it kinds are left out.
_NEAR = 0.9  # Of a bar: nothing that limits.


class Answer(NamedTuple):
    """Bars, what has none and why, and what limits the model."""

    bars: tuple[Bar, ...]
    left_out: tuple[str, ...]
    limit: str


def make(judged: Assessment, dataset: Dataset, tokenizes: bool) -> Answer:
    """The answer that scores give.

    Args:
        judged: the scores.
        dataset: that they are of.
        tokenizes: whether there is a tokenizer, so that reconstruction counts.
    """
    scores, noise = judged.scores, white_noise.read(judged.pictures)
    makers = {
        "fidelity": lambda: bars.fidelity(scores, noise),
        "variety": lambda: bars.variety(scores),
        "usefulness": lambda: bars.usefulness(scores, dataset),
        "closeness to TRAIN": lambda: bars.closeness(scores),
        "reconstruction": lambda: bars.reconstruction(scores, noise),
    }
    if not tokenizes:
        del makers["reconstruction"]
    made, left_out = [], []
    for name, maker in makers.items():
        try:
            made.append(maker())
        except bars.NotJudged as error:
            left_out.append(f"{name} ({error})")
    said = [_tokens_or_prior(scores)] if tokenizes else []
    said = " ".join(filter(None, [*said, _collapse(scores), _weakest(made)]))
    return Answer(tuple(made), tuple(left_out), said)


def _collapse(scores: Sequence[Score]) -> str:
    """That samples leave out kinds of series, where recall says so; else ''."""
    try:
        recall, coverage = bars.find(scores, "recall"), bars.find(scores, "coverage")
    except bars.NotJudged:
        return ""
    real = max(recall.floors.values(), default=math.nan)
    if not recall.value < _HALF * real:  # Neither where real series have none.
        return ""
    return (
        f"It leaves out kinds of series (mode collapse): recall "
        f"{bars.percent(recall.value)}, where real series have {bars.percent(real)} "
        f"({bars.judge_of(recall)}); coverage {bars.percent(coverage.value)}."
    )


def _weakest(made: Sequence[Bar]) -> str:
    if not made:
        return "Nothing of it was judged."
    weakest = min(made, key=lambda bar: bar.place)
    if weakest.place >= _NEAR:
        return "No bar is far from real series."
    return f"{weakest.name} has the shortest bar."


def _tokens_or_prior(scores: Sequence[Score]) -> str:
    """From reconstruction FID against FID; '' where one judge has not both.

    The root of FID is a distance between Gaussians (2-Wasserstein), and reconstructions
    are what a perfect prior would leave: their part of it decides.
    """
    try:
        fid = bars.find(scores, "fid")
        again = bars.find([s for s in scores if s.judge == fid.judge], bars.AGAIN)
    except bars.NotJudged:
        return ""
    by, low, high = bars.judge_of(fid), bars.short(again.value), bars.short(fid.value)
    if fid.value <= max(fid.floors.values(), default=-math.inf):
        return f"Nothing that fid in {by} features sees: real series have as much."
    if again.value >= fid.value:
        return (
            f"The tokenizer: TEST through it and back is {low} from TEST, generated "
            f"series {high} (fid, {by})."
        )
    part, which = math.sqrt(max(again.value, 0) / fid.value), "Both, about equally"
    if part >= _MOSTLY:
        which = "The tokenizer"
    elif part <= _LITTLE:
        which = "The prior"
    return (
        f"{which}: a perfect prior would take fid ({by}) from {high} to about {low}, "
        "that of reconstructions; what remains is the tokenizer's."
    )
