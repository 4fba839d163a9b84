import dataclasses
import json

import numpy as np

from experiments import constraints, sampling_settings
from tests import tiny


def test_every_variant_is_judged_and_holds(tmp_path, tiny_run, monkeypatch, capsys):
    dataset = tiny.make_dataset(channels=2)
    parts = {f"x_{p}": getattr(dataset, f"x_{p}") / 10 for p in ("train", "valid")}
    dataset = dataclasses.replace(dataset, **parts)  # The untrained model leaves it.
    for module in (constraints, sampling_settings):
        monkeypatch.setattr(module, "load_dataset", lambda **_: dataset)
    out = tmp_path / "constraints.json"
    constraints.main([tiny_run, "--num", "40", "--out", str(out)])
    content = json.loads(out.read_text())
    assert content["command"].endswith("--num=40")
    assert content["commit"]
    ((entry,),) = content["results"].values()
    assert list(entry["scores"]) == list(entry["changed"]) == list(entry["settings"])
    assert entry["changed"].pop("without") is None
    low = entry["settings"]["range of TRAIN"]["constraints.min"]
    both = np.concatenate([dataset.x_train, dataset.x_valid])
    np.testing.assert_array_equal(list(low.values()), both.min((0, 1)))
    for found in entry["changed"].values():
        assert found["violations"] == 0
        assert found["values"] == 40 * 24 * 2
    again = entry["changed"]["range of TRAIN"]["series_redrawn"]
    assert again > entry["changed"]["range of TRAIN, projected"]["series_redrawn"] == 0
    assert "| range of TRAIN, projected |" in capsys.readouterr().out
