"""`tsgen data --plot` draws what was read, with its gaps, as text or as a picture."""

import sys

import numpy as np
import pytest

from tsgen_jax import __main__ as tsgen


def _run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["tsgen", "data", *map(str, arguments)])
    tsgen.main()


def test_the_series_read_are_drawn(tmp_path, monkeypatch, capsys):
    rows = [f"{np.sin(t / 5):.3f},{'' if t % 7 == 0 else t}" for t in range(80)]
    (tmp_path / "my.csv").write_text("load,rain\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    _run(monkeypatch, "my.csv", "--window=8", "--plot=my.png")
    assert "picture: my.png" in capsys.readouterr().out
    assert (tmp_path / "my.png").read_bytes().startswith(b"\x89PNG")
    _run(monkeypatch, "my.csv", "--window=8", "--plot")
    drawn = capsys.readouterr().out.partition("TRAIN: 5 of ")[2].splitlines()
    assert drawn[1] == "  load"
    assert drawn[2].split()[0] == "0.999"  # The greatest sine.
    assert any("\u2800" < letter < "\u2900" for letter in drawn[2])
    assert len(list(tmp_path.iterdir())) == 2  # A picture is a file, text is none.
    _run(monkeypatch, "my.csv", "--window=8", "--plot=a.svg")
    picture = (tmp_path / "a.svg").read_text()
    assert "<svg" in picture
    with pytest.raises(SystemExit):
        _run(monkeypatch, "my.csv", "--window=8", "--plot=a.txt")
    assert "--plot=a.txt: known are .png" in capsys.readouterr().err
