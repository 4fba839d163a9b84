import json

import pytest

from benchmarks import scaling, turns

_SMALL = {"tokenizer.width": 8, "tokenizer.num_res_blocks": 1}


def test_only_the_value_on_the_axis_changes():
    plain = scaling.make_job("stage1", "devices", 4, _SMALL, "cpu")
    longer = scaling.make_job("stage1", "length", 125, _SMALL, "cpu")
    assert longer["shape"].pop("length") == 125
    assert plain["shape"].pop("length") == 500
    assert longer == plain
    batch = scaling.make_job("stage2", "batch", 32, {}, "cpu")["config"]
    assert batch["train"]["prior"]["batch_size"] == 32
    assert batch["train"]["tokenizer"]["batch_size"] == 32
    codes = scaling.make_job("decode", "codes", 512, {}, "cpu")["config"]
    assert codes["quantizer"]["num_codes"] == 512


def test_exponent_of_a_power_law():
    assert scaling.exponent({v: 3 * v**0.7 for v in (1, 2, 8)}) == pytest.approx(0.7)


class _Fake:
    """A side whose time is a tenth of a second for each of its codes."""

    def __init__(self, *_):
        self.closed = False

    def ask(self, do, job=None, **_):
        if do == "prepare":
            self.codes = job["config"]["quantizer"]["num_codes"]
            return {"operations": 1e9, "facts": {}}
        return {"seconds": self.codes / 10} if do == "time" else {"peak_mib": 1.0}

    def close(self):
        self.closed = True


def test_every_value_is_measured_and_drawn(monkeypatch, tmp_path):
    monkeypatch.setattr(turns, "Process", _Fake)
    out, figure = tmp_path / "out.json", tmp_path / "figure.png"
    where = ["--out", str(out), "--figure", str(figure), "--platform=cpu"]
    scaling.main(["--axes=codes", "--stages=stage1,decode", "--rounds=1", *where])
    found = json.loads(out.read_text())["codes"]
    times = {int(v): r["median_ms"] for v, r in found["decode"]["values"].items()}
    assert times == {32: 3200.0, 128: 12800.0, 512: 51200.0, 2048: 204800.0}
    assert figure.read_bytes().startswith(b"\x89PNG")
    figure.unlink()
    scaling.main(["--plot", *where])
    assert figure.exists()


def test_unknown_names_list_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        scaling.parse(["--axes=width"])
    assert "known: length, batch, codes, devices" in capsys.readouterr().err


def test_nothing_to_plot(tmp_path):
    with pytest.raises(SystemExit, match="nothing was measured"):
        scaling.main(["--plot", "--out", str(tmp_path / "none.json")])


@pytest.mark.parametrize("value", ["nonsense", "foo.bar=3", "tokenizer.width=wide"])
def test_a_wrong_override_is_said_before_anything_is_measured(value, capsys):
    with pytest.raises(SystemExit):
        scaling.parse(["--set", value])
    assert "error: --set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bad", "cannot be read"),
        ('{"codes": {"decode": {"values": {"32": {"error": "killed"}}}}}', "failure"),
    ],
)
def test_a_file_that_has_nothing_to_draw(tmp_path, text, message):
    path = tmp_path / "out.json"
    path.write_text(text)
    with pytest.raises(SystemExit, match=message):
        scaling.main(["--plot", "--platform=cpu", "--out", str(path)])
