"""Which part keeps samples from TRAIN: halves to fit and to judge, and the table."""

import json

import jax
import numpy as np

from experiments import parts_table, sample_parts
from tsgen_jax.sampling import residual


def test_halves_have_equal_classes_and_nothing_in_common():
    label = np.repeat([0, 1, 2], [4, 5, 3])
    (one, other), (again, back) = sample_parts.halves(label)
    np.testing.assert_array_equal(one, ~other)
    np.testing.assert_array_equal(one, back)
    np.testing.assert_array_equal(other, again)
    difference = np.bincount(label[one]) - np.bincount(label[other])
    assert np.abs(difference).max() <= 1
    assert abs(difference.sum()) <= 1


def test_noise_is_fitted_on_the_half_and_knows_the_class_or_does_not():
    rng, label = np.random.default_rng(0), np.arange(400) % 2
    size = np.array([1.0, 3.0])[label, None, None]
    errors = residual.Errors(size * rng.normal(size=(400, 20, 1)), label)
    tail = np.arange(400) >= 200
    larger = residual.Errors(
        errors.error * np.where(tail, 2, 100)[:, None, None], label
    )
    own = sample_parts.Noise(errors, larger, 2)
    found = own.draw(jax.random.key(0), tail, label)
    deviation = [found[label == y].std() for y in range(2)]
    np.testing.assert_allclose(deviation, [2, 6], rtol=0.1)
    of_all = own.of_all().draw(jax.random.key(0), tail, 0 * label)
    np.testing.assert_allclose(of_all[label == 0].std(), 20**0.5, rtol=0.1)


def test_the_table_has_the_best_scale_of_each_noise(monkeypatch, tmp_path):
    base = {"set": "A", "seed": 1, "changes": {}}
    lines = [
        {"part": "TRAIN", "fid minirocket held_out": 1.0},
        {"part": "Gaussian", "fid minirocket held_out": 2.0},
        {
            "part": "reconstructions",
            "scale": 0.0,
            "mse held_out": 0.25,
            "fid minirocket held_out": 3.5,
        },
        {"part": "samples", "scale": 0.0, "fid minirocket held_out": 4.0},
    ]
    for noise, scale, fid in (("own class", 0.5, 3.0), ("own class", 1.0, 1.5)):
        of = {"part": "samples", "noise": noise, "scale": scale}
        lines.append({**of, "fid minirocket held_out": fid})
    monkeypatch.setattr(parts_table, "_RESULTS", tmp_path)
    text = "".join(json.dumps({**base, **line}) + "\n" for line in lines)
    (tmp_path / "sample-parts.jsonl").write_text(text)
    last = parts_table.table().splitlines()[-1]
    cells = [cell.strip() for cell in last.strip("|").split("|")]
    assert cells[:5] == ["A, fold 1", "nothing", "0.25", "1", "2"]
    assert cells[5:] == ["3.5", "", "", "4", "", "1.5 (1)"]
