import json

import numpy as np
import pytest

from experiments import sampling_settings
from tests import tiny


@pytest.mark.slow
def test_every_setting_is_judged_and_timed(tmp_path, tiny_run, monkeypatch, capsys):
    dataset = tiny.make_dataset(channels=2)
    monkeypatch.setattr(sampling_settings, "load_dataset", lambda **_: dataset)
    out = tmp_path / "settings.json"
    options = ["--num", "40", "--rounds", "2", "--out", str(out)]
    sampling_settings.main([tiny_run, *options])
    ((entry,),) = json.loads(out.read_text())["results"].values()
    assert list(entry["scores"]) == list(sampling_settings.SETTINGS)
    assert {len(rates) for rates in entry["rates"].values()} == {2}
    for scores in entry["scores"].values():
        assert np.isfinite(list(scores.values())).all()
        assert 0 <= scores["coverage minirocket"] <= 1
    # Weights drawn at random: more rounds are other samples, and the judges see it.
    assert entry["scores"]["as trained"] != entry["scores"]["20 rounds"]
    assert "| 20 rounds, bfloat16 |" in capsys.readouterr().out
