"""The estimator by scikit-learn's own checks; test_examples.py trains one."""

import pickle

import numpy as np
import pytest
from sklearn import model_selection, pipeline
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

import tsgen_jax
from tests import tiny
from tsgen_jax.api import estimator

_CHECKS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
)


@pytest.fixture
def x():
    return tiny.make_dataset(channels=2).x_test


@pytest.fixture
def trained(monkeypatch, tiny_model):
    """What `fit` was called with; it gives `tiny_model` and trains nothing."""
    calls = []

    def give(*arguments, **reading):
        calls.append((*arguments, reading))
        return tiny_model

    monkeypatch.setattr(estimator, "fit", give)
    return calls


@pytest.mark.parametrize("name", _CHECKS)
def test_scikit_learn_finds_no_fault(name):
    made = tsgen_jax.TimeSeriesGenerator()
    getattr(estimator_checks, name)(type(made).__name__, made)


def test_parameters_reach_the_config_by_name_and_by_key(trained, x):
    made = tsgen_jax.TimeSeriesGenerator(
        "smoke",
        changes={"quantizer.decay": 0.9},
        num_codes=16,
        name="mine",
        constraints={"min": 0},
    )
    made.set_params(prior_steps=7, prior__num_heads=4)
    assert clone(made).get_params() == made.get_params()
    assert made.fit(x) is made
    ((given, y, config, workdir, changes, layout, name, constraints, reading),) = (
        trained
    )
    assert (constraints, reading) == ({"min": 0}, {})
    assert (given is x, y, config, workdir) == (True, None, "smoke", None)
    assert (layout, name) == ("nlc", "mine")
    assert changes == {
        "quantizer.decay": 0.9,
        "quantizer.num_codes": 16,
        "prior.num_heads": 4,
        "train.prior.num_steps": 7,
    }
    assert made.n_features_in_ == 24
    assert made.classes_.tolist() == ["0", "1"]
    assert "num_codes=16" in repr(made)
    with pytest.raises(ValueError, match="Invalid parameter 'step'"):
        made.set_params(step=1)
    with pytest.raises(ValueError, match="Unknown key 'prior.heads'"):
        made.set_params(prior__heads=1)
    twice = tsgen_jax.TimeSeriesGenerator(seed=1, changes={"seed": 2})
    with pytest.raises(ValueError, match=r"seed and changes\['seed'\] are the same"):
        twice.fit(x)


def test_options_of_reading_reach_the_function(trained):
    made = tsgen_jax.TimeSeriesGenerator(window=24, channels=["a", "b"]).fit("a.csv")
    made.set_params(id="who", time="none", label="kind", stride=4, window=None)
    clone(made).fit("b.csv")
    said = [(x, reading) for x, *_, reading in trained]
    assert said == [
        ("a.csv", {"window": 24, "channels": ["a", "b"]}),
        (
            "b.csv",
            {"stride": 4, "id": "who", "time": "none", "label": "kind"}
            | {"channels": ["a", "b"]},
        ),
    ]
    with pytest.raises(ValueError, match="window: is about files and pandas tables"):
        tsgen_jax.fit(np.zeros((4, 24, 1)), window=8)


def test_every_named_parameter_is_a_key_of_the_config():
    from tsgen_jax.api.fit import make_config
    from tsgen_jax.configs import default

    flat = make_config("ssl_vqvae", None, "x")
    for parameter, key in estimator._KEYS.items():
        value = flat
        for part in key.split("."):
            value = value[part]
        assert parameter in tsgen_jax.TimeSeriesGenerator().get_params()
        assert not hasattr(value, "keys")
    assert default.get_config().seed == 0


def test_nothing_is_done_before_it_is_fitted(x):
    made = tsgen_jax.TimeSeriesGenerator()
    for use in (lambda: made.sample(1), lambda: made.score(x)):
        with pytest.raises(NotFittedError):
            use()


def test_the_score_is_the_mean_density_of_held_out_values(trained, x, tiny_model):
    made = tsgen_jax.TimeSeriesGenerator().fit(x)
    judge = tiny_model.log_density(x).mean() / (24 * 2)
    np.testing.assert_allclose(made.score(x), judge, rtol=1e-6)
    np.testing.assert_allclose(made.score_samples(x), tiny_model.log_density(x))
    assert made.score(x) > made.score(x + 3)  # Far from what it knows.


def test_grid_search_pipelines_and_pickles(trained, x):
    """In a notebook they are shown as HTML: that must not fail either."""
    steps = pipeline.Pipeline(
        [
            ("log", FunctionTransformer(np.abs)),
            ("generator", tsgen_jax.TimeSeriesGenerator()),
        ]
    )
    grid = {"generator__num_codes": [8, 16], "generator__ssl__method": ["none"]}
    search = model_selection.GridSearchCV(steps, grid, cv=2).fit(x)
    asked = [changes for _, _, _, _, changes, *_ in trained]
    assert [c["quantizer.num_codes"] for c in asked[:4]] == [8, 8, 16, 16]
    assert all(c["ssl.method"] == "none" for c in asked)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert "TimeSeriesGenerator" in search._repr_html_()
    best = search.best_estimator_["generator"]
    drawn = best.sample(3, seed=1)
    again = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(again.sample(3, seed=1), drawn)
