import re
import sys

import pytest

from tsgen_jax.runs import provenance


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["/a/b/main.py", "--config=x y"], "python main.py '--config=x y'"),
        (["/a/tsgen_jax/__main__.py", "train"], "python -m tsgen_jax train"),
        (["/usr/bin/tsgen", "train", "a.csv"], "tsgen train a.csv"),
        (["/a/study.py"], "python study.py"),
    ],
)
def test_the_command_as_one_types_it(argv, wanted, monkeypatch):
    monkeypatch.setattr(sys, "argv", argv)
    assert provenance.command() == wanted


def test_a_run_that_goes_on_keeps_the_first(tmp_path, monkeypatch):
    assert provenance.read(str(tmp_path)) is None
    monkeypatch.setattr(sys, "argv", ["main.py", "--first"])
    provenance.record(str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["main.py", "--second"])
    provenance.record(str(tmp_path))
    found = provenance.read(str(tmp_path))
    assert found["command"] == "python main.py --first"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", found["date"])
    assert found["version"]
