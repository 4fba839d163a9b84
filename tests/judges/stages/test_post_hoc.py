import jax
import numpy as np
import pytest

from tests import tiny
from tests.lessons import Lesson
from tsgen_jax.judges.stages import post_hoc

_N, _L = 7, 5  # Odd: no accuracy is 0.5, which a wrong sign would not change.


def _x(num_channels):
    return np.random.default_rng(0).uniform(size=(_N, _L, num_channels))


def _params(task):
    """Random weights, no bias of 0."""
    shapes, state = jax.eval_shape(task.init, jax.random.key(0), task.rows)
    assert state == {}
    rng = np.random.default_rng(1)
    return jax.tree.map(lambda p: rng.normal(size=p.shape).astype(p.dtype), shapes)


def _outputs(config, params, x, num_channels):
    model = post_hoc.make_model(config, num_channels)
    return np.float64(model.apply({"params": params}, np.float32(x)))


@pytest.mark.parametrize(("num_channels", "width"), [(1, 7), (2, 1), (3, 1), (6, 3)])
def test_width_is_half_the_channels_or_the_univariate_one(num_channels, width):
    config = tiny.make_config(**{"evaluation.hidden_univariate": 7})
    assert post_hoc.make_model(config, num_channels).hidden == width
    x = _x(num_channels)
    tasks = {
        "discriminator": Lesson(
            *post_hoc.make_discriminator(config, x, np.arange(_N) % 2)
        ),
        "predictor": Lesson(*post_hoc.make_predictor(config, x)),
    }
    inputs = {"discriminator": num_channels, "predictor": max(1, num_channels - 1)}
    for name, task in tasks.items():
        assert task.name == name
        assert name in config.train
        kernel = _params(task)["gru"]["input"]["kernel"]
        assert kernel.shape == (inputs[name], 3 * width)


@pytest.mark.parametrize("num_channels", [1, 4])
def test_discriminator_is_cross_entropy_of_the_last_output(num_channels):
    config = tiny.make_config(**{"evaluation.batch_size": 4})  # The last one is cut.
    x, is_real = _x(num_channels), np.array([1, 0, 0, 1, 1, 0, 1])
    task = Lesson(*post_hoc.make_discriminator(config, x, is_real))
    params = _params(task)
    logits = _outputs(config, params, x, num_channels)[:, -1]
    losses, hits = [], []
    for logit, real in zip(logits, is_real, strict=True):
        p = 1 / (1 + np.exp(-logit))
        losses.append(-np.log(p if real else 1 - p))
        hits.append((p > 0.5) == real)
    assert 0 < np.mean(hits) < 1
    loss, (_, metrics) = jax.jit(task.loss_fn)(params, {}, task.rows, None)
    np.testing.assert_allclose(loss, np.mean(losses), rtol=1e-5)
    for found in (metrics, task.evaluate(params, task.rows)):
        assert found.keys() == {"loss", "accuracy"}
        np.testing.assert_allclose(found["loss"], np.mean(losses), rtol=1e-5)
        np.testing.assert_allclose(found["accuracy"], np.mean(hits), rtol=1e-6)


@pytest.mark.parametrize("num_channels", [1, 4])
def test_predictor_is_the_error_one_step_ahead(num_channels):
    config = tiny.make_config(**{"evaluation.batch_size": 4})
    x = _x(num_channels)
    task = Lesson(*post_hoc.make_predictor(config, x))
    params = _params(task)
    inputs = x if num_channels == 1 else x[:, :, : num_channels - 1]
    outputs = _outputs(config, params, inputs, num_channels)
    errors = np.zeros((_N, _L - 1))
    for i in range(_N):
        for t in range(_L - 1):
            predicted = 1 / (1 + np.exp(-outputs[i, t]))  # Saw 0 to t.
            errors[i, t] = abs(predicted - x[i, t + 1, -1])
    loss, (_, metrics) = jax.jit(task.loss_fn)(params, {}, task.rows, None)
    np.testing.assert_allclose(loss, errors.mean(), rtol=1e-5)
    assert metrics.keys() == {"loss"}
    evaluated = task.evaluate(params, task.rows)
    np.testing.assert_allclose(evaluated["loss"], errors.mean(), rtol=1e-5)
    model = post_hoc.make_model(config, num_channels)
    each = post_hoc.make_errors_fn(model)(params, task.rows)
    np.testing.assert_allclose(each, errors.mean(1), rtol=1e-5)


def test_predictor_of_several_channels_does_not_see_the_last_one():
    """Another last channel changes the targets only, not what is predicted."""
    config = tiny.make_config()
    x = _x(3)
    x[..., -1] = 0.0  # The error is then the prediction itself.
    other = x.copy()
    other[..., -1] = -1.0  # Predictions lie above 0, so the error is larger by 1.
    params = _params(Lesson(*post_hoc.make_predictor(config, x)))
    errors_fn = post_hoc.make_errors_fn(post_hoc.make_model(config, 3))
    before, after = (errors_fn(params, {"x": np.float32(v)}) for v in (x, other))
    np.testing.assert_allclose(after, before + 1, rtol=1e-5)


def test_errors():
    config, x = tiny.make_config(), _x(1)
    with pytest.raises(ValueError, match=r"\[n, L, C\]; it has shape \(7, 5\)"):
        post_hoc.make_predictor(config, x[..., 0])
    with pytest.raises(ValueError, match="2 time points; L=1"):
        post_hoc.make_predictor(config, x[:, :1])
    with pytest.raises(ValueError, match=r"values \[1\.\]"):
        post_hoc.make_discriminator(config, x, np.ones(_N))
    with pytest.raises(ValueError, match="each of 7 series"):
        post_hoc.make_discriminator(config, x, [0, 1])
    with pytest.raises(ValueError, match="num_channels=0"):
        post_hoc.make_model(config, 0)
