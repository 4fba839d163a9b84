"""The benchmark's own parts; PyTorch's networks where an environment of it is named."""

import importlib.util
import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from benchmarks import benchmark, cases, ours, ours_check, shapes, turns, work
from benchmarks.peers import numpy_augment
from experiments import table
from tsgen_jax.data.augment import time as augment

_SMALL = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "quantizer.num_codes": 8,
    "prior.width": 16,
    "prior.num_layers": 1,
    "prior.head_width": 8,
    "sample.num_decode_steps": 2,
}


def test_cases_follow_the_configs():
    found = cases.make_cases([4096, 0], {"tokenizer.width": 8})
    assert all(case.config["tokenizer"]["width"] == 8 for case in found.values())
    wide = found["vibcreg-4096"].config["ssl"]
    assert wide["projector"] == {"hidden": 4096, "width": 4096}
    assert found["stage1"].config["ssl"]["augmented_weight"] == 0
    assert found["epoch-4096"].config["augment"]["names"] == "warp"
    assert found["epoch-4096"].config["ssl"]["projector"] == wide["projector"]
    guided = found["decode-guided"].config["sample"]
    assert guided["guidance_scale"] > 1
    assert guided["num_samples"] == 256


def test_bad_names_list_the_known_ones():
    found = cases.make_cases([0], {})
    with pytest.raises(ValueError, match="No case 'stage9'; known: stage1, control"):
        cases.pick(found, "stage1,stage9")
    with pytest.raises(ValueError, match="known: forda"):
        shapes.parse("ford")
    with pytest.raises(KeyError):
        cases.make_cases([0], {"tokenizer.widht": 8})
    with pytest.raises(SystemExit):
        benchmark.parse(["--sides", "ours,keras"])


def test_patterns_keep_the_order_of_the_table():
    found = cases.make_cases([64], {})
    names = [case.name for case in cases.pick(found, "stage2,vib*,stage1")]
    assert names == ["stage1", "vibcreg-64", "stage2"]


class _Fake:
    """A side that takes a given time, and may end in the middle."""

    def __init__(self, name, log, seconds, dies_at=None):
        self.name, self.log, self.seconds = name, log, list(seconds)
        self.dies_at = dies_at

    def ask(self, do, **_):
        self.log.append((self.name, do))
        if do == "prepare":
            return {"operations": 8e9, "facts": {}}
        if do == "time":
            if len(self.seconds) == self.dies_at:
                raise turns.SideFailed("out of memory")
            return {"seconds": self.seconds.pop(0)}
        return {"peak_mib": 100.0, "matmul_gflops_per_s": 8.0}


def test_sides_take_turns():
    log = []
    sides = {
        "ours": _Fake("a", log, [2.0, 1.0, 4.0]),
        "torch": _Fake("b", log, [3.0, 6.0, 5.0]),
    }
    results, _ = turns.measure(sides, {}, 1, 3)
    assert [name for name, do in log if do == "time"] == list("ababab")
    assert results["ours"]["median_ms"] == 2000
    assert results["torch"]["min_ms"] == 3000
    assert results["ours"]["gflops_per_s"] == 4.0
    assert table.peak_share(results["ours"]) == 0.5
    assert table.ratios(results)["torch"] == {"median": 2.5, "min": 3.0}


def test_a_side_that_dies_leaves_the_others_alone(tmp_path):
    sides = {
        "ours": _Fake("a", [], [2.0, 1.0]),
        "torch": _Fake("b", [], [3.0, 6.0], dies_at=1),
    }
    results, _ = turns.measure(sides, {}, 1, 2)
    assert results["torch"] == {"not_measured": "out of memory"}
    entry = {"case": "stage1", "about": "a step", "sides": results}
    entry["busy_cores_of_others"] = 0.9
    text = table.text([entry])
    assert "other programs kept cores busy: stage1" in text
    assert "stage1, torch: not measured: out of memory" in text
    assert "1500 (1000)" in text
    path = tmp_path / "results.json"
    table.save(path, {"machine": "cpu"}, [entry])
    table.save(path, {"machine": "cpu"}, [{**entry, "case": "stage2"}])
    names = [e["case"] for e in json.loads(path.read_text())["cases"]]
    assert names == ["stage1", "stage2"]
    with pytest.raises(ValueError, match="another machine"):
        table.save(path, {"machine": "gpu"}, [entry])


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is not None, reason="torch is here"
)
def test_a_missing_library_is_an_answer():
    process = turns.Process("timevqvae", sys.executable, 1, "cpu", 60)
    try:
        for _ in range(2):  # It lives on.
            with pytest.raises(turns.SideFailed, match="No module named 'torch'"):
                process.ask(do="prepare", job={})
    finally:
        process.close()


def test_a_silent_side_is_given_up(capfd):
    process = turns.Process("ours", sys.executable, 1, "cpu", 0.01)
    try:
        with pytest.raises(turns.SideFailed, match="no answer in 0.01 s"):
            process.ask(do="prepare", job={})
    finally:
        process.close()
    assert "--- ours:" in capfd.readouterr().err


def test_a_busy_neighbour_is_seen():
    if work.busy_cores(0.01) is None:
        pytest.skip("this system does not tell how busy it is")
    code = "while True: pass"
    neighbour = subprocess.Popen([sys.executable, "-c", code])
    try:
        assert work.busy_cores(1.0) > 0.5
    finally:
        neighbour.kill()
        neighbour.wait()


def test_operations_of_a_product():
    a, b = jnp.ones((5, 7)), jnp.ones((7, 11))
    assert ours.count_operations(jnp.matmul, a, b) == 2 * 5 * 7 * 11


def _job(kind: str, name: str, weights: str = "") -> dict:
    config = ConfigDict(cases.make_cases([0], _SMALL)[name].config)
    config.sample.num_samples = config.sample.batch_size = 8
    return {
        "kind": kind,
        "config": config.to_dict(),
        "shape": vars(shapes.Shape(16, 24, 1, 2)),
        "weights": weights,
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [("tokenizer_step", "stage1"), ("prior_step", "stage2"), ("decode", "decode")],
)
def test_our_side_runs(kind, name, tmp_path):
    path = str(tmp_path / "weights.npz")
    ready = ours.prepare(_job(kind, name, path))
    ready.run(2)
    assert ready.operations > 1e5
    with np.load(path) as weights:
        stages = {array.split("/")[0] for array in weights}
    expected = {"stage1": {"tokenizer"}, "stage2": {"prior"}}
    assert stages == expected.get(name, {"tokenizer", "prior"})


def test_numpy_warp_is_ours():
    x = shapes.make_series(shapes.Shape(1, 50, 2, 1))[0]
    hyper = {"window_ratio": 0.4, "min_scale": 0.9, "max_scale": 2.0}
    for seed in range(4):
        key = jax.random.key(seed)
        expected = augment.window_warp(key, x, **hyper)
        key_start, key_scale = jax.random.split(jax.random.key(seed))
        start = int(jax.random.randint(key_start, (), 0, 30))
        scale = float(jax.random.uniform(key_scale, minval=0.9, maxval=2.0))
        got = numpy_augment.warp_at(x.T, start, 20, scale).T
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_numpy_augmentations_keep_what_they_should():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 40)).astype(np.float32)
    shuffled = numpy_augment.slice_and_shuffle(rng, x, 4)
    assert not np.array_equal(shuffled, x)
    np.testing.assert_array_equal(np.sort(shuffled, 1), np.sort(x, 1))
    factor = numpy_augment.amplitude_resize(rng, x, 0.2) / x
    np.testing.assert_allclose(factor, factor[0, 0], rtol=1e-5)
    config = cases.make_cases([64], {})["epoch-64"].config["augment"]
    assert numpy_augment.augment(rng, x, config).shape == x.shape
    with pytest.raises(ValueError, match="the NumPy side knows gauss"):
        numpy_augment.augment(rng, x, {"names": "tf_band"})


def test_arrays_are_saved_under_paths(tmp_path):
    path = str(tmp_path / "tree.npz")
    ours_check.save(path, {"a": {"b": jnp.arange(3)}, "c": np.ones(2)})
    with np.load(path) as stored:
        assert sorted(stored) == ["a/b", "c"]


def test_pytorch_computes_the_same(monkeypatch):
    """Slow, and only where TSGEN_PEER_ENV names a virtual environment with torch."""
    folder = os.environ.get("TSGEN_PEER_ENV")
    if not folder:
        pytest.skip("set TSGEN_PEER_ENV to an environment with torch to run this")
    monkeypatch.delenv("XLA_FLAGS")  # The programs of a run, not those of tests.
    pythons = {"ours": sys.executable, "torch": os.path.join(folder, "bin", "python")}
    found = benchmark.check(pythons, benchmark.parse([]))
    assert len(found) > 80
