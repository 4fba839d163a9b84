import jax
import numpy as np
import pytest
from scipy.special import log_softmax

from tests import tiny
from tests.lessons import Lesson
from tsgen_jax.judges import fit_once as training
from tsgen_jax.judges.stages import classifier


@pytest.fixture(scope="module")
def setting():
    config = tiny.make_config()
    data = tiny.make_dataset(num_classes=3)
    model = classifier.make_model(config, 3)
    x, _ = tiny.scaled(data)
    return (
        config,
        data,
        model,
        Lesson(*classifier.make_stage(config, model, x, data.y_train)),
    )


def test_loss_is_cross_entropy_and_evaluation_agrees(setting):
    config, _, model, task = setting
    params, state = task.init(jax.random.key(0), task.rows)
    loss, (moved, metrics) = jax.jit(task.loss_fn)(
        params, state, task.rows, jax.random.key(1)
    )
    (logits, _), _ = model.apply(
        {"params": params, **state},
        task.rows["x"],
        train=True,
        mutable=["batch_stats"],
    )
    label = task.rows["label"]
    expected = -log_softmax(np.asarray(logits, float), -1)[np.arange(len(label)), label]
    np.testing.assert_allclose(loss, expected.mean(), rtol=1e-5)
    right = (np.asarray(logits).argmax(-1) == label).mean()
    np.testing.assert_allclose(metrics["accuracy"], right, rtol=1e-6)
    changed = jax.tree.map(lambda a, b: not np.array_equal(a, b), state, moved)
    assert all(jax.tree.leaves(changed))  # Training moves the statistics ...
    weights = task.export(params, state)
    got = task.evaluate(weights, task.rows)  # ... and evaluation asks them.
    logits, features = classifier.outputs(config, model, weights, task.rows["x"])
    expected = -log_softmax(logits.astype(float), -1)[np.arange(len(label)), label]
    np.testing.assert_allclose(got["loss"], expected.mean(), rtol=1e-5)
    np.testing.assert_allclose(got["accuracy"], (logits.argmax(-1) == label).mean())
    assert features.shape == (len(label), config.judge.widths[-1])


def test_it_learns_to_tell_classes_apart(setting):
    config, data, model, task = setting
    weights = training.fit_once(
        task.stage, task.rows, config.train.judge, jax.random.key(0), ""
    )
    test = {"x": data.scaler.transform(data.x_test), "label": data.y_test}
    assert task.evaluate(weights, test)["accuracy"] > 0.8
