"""What a page opens with: places between honest ends, and what limits the model."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges.assess import Assessment
from tsgen_jax.reports import answer, page, pieces

_DATA = SimpleNamespace(
    num_classes=2,
    y_train=np.array([0, 0, 1]),
    y_valid=np.array([0]),
    y_test=np.array([0, 1, 1, 1, 0]),  # The largest class of TRAIN is right twice.
)
_NOISE = {"white_noise/fid_minirocket": np.asarray(16.0)}


def _score(name, value, floors, judge="minirocket", better="lower", group="fidelity"):
    ends = (0.5 * value, min(2 * value, 1.0)) if better != "lower" else (None, None)
    return Score(name, judge, value, *ends, floors, better, None, "", group)


_FID = _score("fid", 4.0, {"TRAIN": 1.0, "TEST halves": 2.0})
_AGAIN = _score("reconstruction_fid", 2.0, {"TRAIN": 1.0})
_COVERAGE = _score("coverage", 0.3, {"TRAIN": 0.4, "TEST halves": 0.6}, better="higher")
_CAS = _score("cas", 0.55, {"TRAIN": 0.7}, "minirocket", "higher", "usefulness")
_SHARE = _score("share_closer_to_train", 0.8, {"TEST halves": 0.6}, "", "", "privacy")
_ALL = [_FID, _AGAIN, _COVERAGE, _CAS, _SHARE]


def _make(scores, pictures=_NOISE, tokenizes=True, data=_DATA):
    return answer.make(
        Assessment(list(scores), [], "", dict(pictures)), data, tokenizes
    )


def test_bars_run_from_what_knows_nothing_to_what_real_series_score():
    bars = {bar.name: bar for bar in _make(_ALL).bars}
    assert list(bars) == [
        "Fidelity",
        "Variety",
        "Usefulness",
        "Closeness to TRAIN",
        "Reconstruction",
    ]
    places = {name: bar.place for name, bar in bars.items()}
    assert places == pytest.approx(
        {
            "Fidelity": math.log(16 / 4) / math.log(16 / 1),  # = 1/2.
            "Variety": 0.3 / 0.6,  # The floor that is harder to reach.
            "Usefulness": (0.55 - 0.4) / (0.7 - 0.4),
            "Closeness to TRAIN": (1 - 0.8) / (1 - 0.5),
            "Reconstruction": math.log(16 / 2) / math.log(16 / 1),
        }
    )
    assert bars["Fidelity"].ticks == {"TEST halves": pytest.approx(0.75)}
    assert bars["Variety"].ticks == {"TRAIN": pytest.approx(0.4 / 0.6)}
    assert bars["Closeness to TRAIN"].ticks == {"TEST halves": pytest.approx(0.8)}
    assert bars["Closeness to TRAIN"].interval == pytest.approx((0.0, 1.0))
    assert bars["Variety"].interval == pytest.approx((0.25, 1.0))
    ends = bars["Usefulness"].bad, bars["Usefulness"].good
    assert ends == ("largest class 40 %", "TRAIN 70 %")
    assert (bars["Fidelity"].bad, bars["Fidelity"].good) == (
        "white noise 16",
        "TRAIN 1",
    )
    assert "Fréchet distance of 4 from TEST in MiniRocket" in bars["Fidelity"].said


@pytest.mark.parametrize(
    ("value", "place"), [(0.1, 1.0), (1.0, 1.0), (16.0, 0.0), (99.0, 0.0)]
)
def test_bars_end_at_their_ends(value, place):
    fid = dataclasses.replace(_FID, value=value)
    assert _make([fid], tokenizes=False).bars[0].place == pytest.approx(place)


def test_judges_that_are_alike_everywhere_come_first():
    fcn = dataclasses.replace(_FID, judge="fcn", value=9.0)
    assert _make([fcn, _FID]).bars[0].value == "4"
    noise = {"white_noise/fid_fcn": np.asarray(20.0)}
    assert _make([fcn], noise).bars[0].value == "9"


@pytest.mark.parametrize(
    ("scores", "pictures", "classes", "tokenizes", "wanted"),
    [
        (_ALL[1:], _NOISE, 2, False, ["fidelity (not judged)"]),
        (_ALL, _NOISE, 1, False, ["usefulness (the set has one class)"]),
        (
            _ALL[:1],
            {},
            1,
            True,
            [r"fidelity (judged by an older version; tsgen evaluate"],
        ),
        (
            [dataclasses.replace(_CAS, floors={"TRAIN": 0.4})],
            {},
            2,
            True,
            ["no better than chance", "reconstruction (not judged)"],
        ),
    ],
)
def test_what_was_not_judged_has_no_bar_and_is_said(
    scores, pictures, classes, tokenizes, wanted
):
    data = SimpleNamespace(**{**vars(_DATA), "num_classes": classes})
    found = _make(scores, pictures, tokenizes, data)
    assert len(found.bars) + len(found.left_out) == 4 + tokenizes
    for said in wanted:
        assert said in ", ".join(found.left_out)


@pytest.mark.parametrize(
    ("fid", "again", "wanted"),
    [
        (4.0, 0.36, "The prior: a perfect prior would take fid (MiniRocket) from 4 to"),
        (4.0, 1.0, "Both, about equally: "),  # Half of the root.
        (4.0, 1.5, "The tokenizer: a perfect prior would"),
        (4.0, 4.5, "The tokenizer: TEST through it and back is 4.5 from TEST"),
        (1.9, 1.5, "Nothing that fid in MiniRocket features sees"),  # Below a floor.
    ],
)
def test_what_limits_the_model(fid, again, wanted):
    scores = [
        dataclasses.replace(_FID, value=fid),
        dataclasses.replace(_AGAIN, value=again),
        _SHARE,
    ]
    assert _make(scores).limit.startswith(wanted)
    without = _make(scores, tokenizes=False)
    assert without.limit == "Closeness to TRAIN has the shortest bar."
    assert len(without.bars) == 2  # No reconstruction without a tokenizer.


@pytest.mark.parametrize(
    ("recall", "floors", "said"),
    [
        (0.3, {"TRAIN": 0.7, "TEST halves": 0.5}, True),
        (0.36, {"TRAIN": 0.7}, False),
        (0.0, {"TRAIN": 0.0}, False),  # Real series have none either.
        (0.1, {}, False),
    ],
)
def test_mode_collapse_is_said(recall, floors, said):
    of = _score("recall", recall, floors, better="higher")
    limit = _make([_COVERAGE, of], tokenizes=False).limit
    assert limit.endswith("Variety has the shortest bar.")
    assert ("mode collapse" in limit) == said
    if said:
        assert (
            "recall 30 %, where real series have 70 % (MiniRocket); coverage 30 %."
            in limit
        )
    assert "mode collapse" not in _make([of], tokenizes=False).limit


def test_closeness_says_what_was_copied_token_by_token():
    plain = _make(_ALL).bars[3].said
    assert "Token" not in plain
    of = _score("copied_sequences", 0.25, {"TEST": 0.02}, "", "lower", "privacy")
    said = _make([*_ALL, of]).bars[3].said
    assert (
        said == f"{plain} Token by token, 25 % of them stand in TRAIN; of TEST 2 % do."
    )
    of = dataclasses.replace(of, judge="low")
    assert " Token by token (low), 25 %" in _make([*_ALL, of]).bars[3].said


def test_nothing_far_or_nothing_judged_is_said():
    fid = dataclasses.replace(_FID, value=1.0)
    assert _make([fid], tokenizes=False).limit == "No bar is far from real series."
    assert _make([]).limit == "Nothing of it was judged."
    other = dataclasses.replace(_AGAIN, judge="fcn", value=9.0)
    assert "tokenizer" not in _make([_FID, other]).limit  # Not by the same judge.


def test_the_page_opens_with_it_and_folds_the_table():
    found = _make(_ALL)
    rows = [page.Row.from_score(score) for score in _ALL]
    picture = page.Section("Real and generated <1>", "", _figure())
    text = page.make_report("T", rows, [], {}, {"Seed": "0"}, (picture, found))
    first, last = text.index('<div class="opening">'), text.index("<nav")
    for bar in found.bars:
        assert first < text.index(f"<h3>{bar.name} <small>") < last
    assert first < text.index("What limits this model.") < text.index("<dt>Seed") < last
    assert text.index("<details><summary>All 5 scores</summary><table>") > last
    assert 'alt="Real and generated &lt;1&gt;"' in text
    assert 'style="width:50.0%"' in text
    plain = page.make_report("T", rows, [], {})
    assert "All 5 scores" not in plain
    assert "opening" not in plain.partition("<body>")[2]


def test_texts_of_bars_are_escaped():
    bar = _make(_ALL).bars[0]._replace(said="<b>", bad="<i>", ticks={"<u>": 0.5})
    text = pieces.opening("", answer.Answer((bar,), ("<x>",), "<y>"))
    for escaped in ("&lt;b&gt;", "&lt;i&gt;", "&lt;u&gt;", "&lt;x&gt;", "&lt;y&gt;"):
        assert escaped in text


def _figure():
    from matplotlib.figure import Figure

    return Figure((1, 1))
