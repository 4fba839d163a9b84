"""The comparison: stars only where intervals do not overlap, and what differs."""

import pytest

from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges.assess import Assessment
from tsgen_jax.reports import comparison


def _judged(value, low, high, better="lower", judge="identity"):
    score = Score(
        "fid", "fcn", value, low, high, {"TRAIN": 0.1}, better, 0.0, "", "fidelity"
    )
    return Assessment([score], [], judge, {})


def test_judges_of_other_weights_are_refused(tmp_path):
    judged = {
        "a": _judged(1, 0.9, 1.1, judge="0123456789abcdef"),
        "b": _judged(2, 1.8, 2.2, judge="ba9876543210"),
    }
    wanted = r"a: 0123456789ab, b: ba9876543210.*evaluation.judges=minirocket"
    with pytest.raises(ValueError, match=wanted):
        comparison.write(judged, str(tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("better", "a", "b", "wanted"),
    [
        ("lower", (1, 0.9, 1.1), (2, 1.8, 2.2), "a"),
        ("higher", (1, 0.9, 1.1), (2, 1.8, 2.2), "b"),
        ("lower", (1, 0.5, 1.9), (2, 1.8, 2.2), None),  # They overlap.
        ("lower", (1, 0.9, 1.8), (2, 1.8, 2.2), None),  # They touch.
        ("higher", (1, 0.9, 1.9), (2, 1.8, 2.2), None),
        ("lower", (1, None, None), (2, 1.8, 2.2), None),
        ("", (1, 0.9, 1.1), (2, 1.8, 2.2), None),
    ],
)
def test_the_best_is_marked_only_beyond_doubt(better, a, b, wanted):
    judged = {"a": _judged(*a, better), "b": _judged(*b, better)}
    rows = comparison.table(judged)
    assert comparison.best(rows[0]) == wanted
    line = comparison.as_text(rows, ["a", "b"]).splitlines()[1]
    assert line.count("*") == (wanted is not None)
    if wanted:
        assert f"{dict(a=a, b=b)[wanted][0]} *" in line


def test_one_of_three_is_best_only_against_both():
    judged = {
        "a": _judged(1, 0.9, 1.1),
        "b": _judged(2, 1.05, 3),
        "c": _judged(5, 4, 6),
    }
    assert comparison.best(comparison.table(judged)[0]) is None
    assert comparison.best(comparison.table({k: judged[k] for k in "bc"})[0]) == "b"


def test_the_page_has_a_table_and_what_differs(tmp_path, capsys):
    judged = {"a": _judged(1, 0.9, 1.1), "b": _judged(2, 1.8, 2.2)}
    same = {"seed": 0, "ssl.method": "none", "stft.hop": 2}
    configs = {"a": same, "b": same | {"ssl.method": "vicreg"}}
    comparison.write(judged, str(tmp_path), configs)
    page = (tmp_path / "compare.html").read_text()
    titles = ("Scores", "What differs between the configs", "Fidelity")
    assert all(f"<h2>{title}</h2>" in page for title in titles)
    assert '<td data-of="a">1 [0.9, 1.1] *</td>' in page
    assert '<td data-of="b">&quot;vicreg&quot;</td>' in page
    assert "stft.hop</td>" not in page  # The same in both.
    assert "Frechet distance" in page
    assert "<dt>Command</dt>" in page
    assert "its interval overlaps with no other" in capsys.readouterr().out
    comparison.write(judged, str(tmp_path), {"a": same, "b": same})
    assert "the configs are equal" in (tmp_path / "compare.html").read_text()
