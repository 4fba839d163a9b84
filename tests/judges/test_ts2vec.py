import dataclasses

import numpy as np
import pytest

from tests import tiny
from tests.judges.stages.test_ts2vec import SMALL
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.judges import assess, fcn, ts2vec


def _config(**changes):
    values = {"evaluation.judges": "ts2vec", "evaluation.scores": "fidelity"}
    return tiny.make_config(**(SMALL | values | changes))


@pytest.fixture(scope="module")
def case():
    data = tiny.make_dataset(length=12, channels=2)
    return data, ts2vec.Judge(_config(), data)


def test_the_seed_alone_decides(case):
    data, judge = case
    found = judge(data.x_test)
    assert found.shape == (len(data.x_test), 12)
    again = ts2vec.Judge(_config(), data)(data.x_test)
    np.testing.assert_array_equal(again, found)
    other = ts2vec.Judge(_config(**{"judge.seed": 1}), data)(data.x_test)
    assert np.abs(other - found).max() > 0.01


def test_units_and_the_order_of_train_do_not_matter(case):
    data, judge = case
    scale, shift = np.array([100.0, 0.01]), np.array([7.0, -3.0])
    parts = ("x_train", "x_valid", "x_test")
    same = {p: (getattr(data, p) * scale + shift).astype(np.float32) for p in parts}
    same["x_train"] = same["x_train"][::-1]
    moved = dataclasses.replace(data, **same, y_train=data.y_train[::-1])
    found = ts2vec.Judge(_config(), moved)(moved.x_test)
    np.testing.assert_allclose(found, judge(data.x_test), atol=1e-2)


def test_a_constant_channel_is_no_fault(case):
    data, _ = case
    parts = ("x_train", "x_valid", "x_test")
    flat = {p: np.array(getattr(data, p)) for p in parts}
    for x in flat.values():
        x[..., 1] = 5
    judge = ts2vec.Judge(_config(), dataclasses.replace(data, **flat))
    assert np.isfinite(judge(flat["x_test"])).all()


def test_context_fid_is_at_its_floor_for_train_and_far_above_for_noise(case, tmp_path):
    data, judge = case
    x, y = fcn.whole_train(data)

    def ask(x):
        samples = assess.check_samples(data, x, y)
        [score] = assess.assess(
            _config(), data, samples, str(tmp_path), data.x_test
        ).scores[:1]
        return score

    good = ask(x)
    assert (good.name, good.judge) == ("context_fid", "ts2vec")
    assert good.value == good.floors["TRAIN"]
    direct = fidelity.fid(judge(data.x_test), judge(x))
    np.testing.assert_allclose(good.value, direct, rtol=1e-6)
    assert fidelity.fid(judge(x), judge(x)) == pytest.approx(0, abs=1e-6)
    noise = np.random.default_rng(0).normal(x.mean(), x.std(), x.shape)
    assert ask(noise).value > 5 * good.value


def test_it_judges_reconstructions_and_no_more(case, tmp_path):
    data, _ = case
    x, y = fcn.whole_train(data)
    config = _config(**{"evaluation.scores": "fidelity+usefulness"})
    samples = assess.check_samples(data, x, y)
    judged = assess.assess(config, data, samples, str(tmp_path), data.x_test)
    names = {(s.name, s.judge): s.value for s in judged.scores}
    assert set(names) == {("context_fid", "ts2vec"), ("reconstruction_fid", "ts2vec")}
    assert names["reconstruction_fid", "ts2vec"] == pytest.approx(0, abs=1e-6)
