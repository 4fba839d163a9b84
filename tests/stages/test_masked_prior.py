import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import lessons, tiny
from tsgen_jax.stages import masked_prior as prior

_N, _K, _Y = 15, 8, 3


def _data(num=24, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "tokens": rng.integers(0, _K, (num, _N)).astype("int32"),
        "label": rng.integers(0, _Y, num).astype("int32"),
    }


def _task(train_data=None, **changes):
    config = tiny.make_config(**changes)
    codes = np.random.default_rng(1).normal(size=(_K, 8)).astype("float32")
    data = _data()
    task = lessons.of_prior(config, codes, train_data or data, data, _Y)
    return task, codes


@pytest.mark.parametrize("kind", ["tied", "full_embedding"])
@pytest.mark.parametrize("codebook", ["frozen", "finetuned"])
def test_both_kinds_learn_and_only_a_finetuned_codebook_moves(kind, codebook):
    task, codes = _task(**{"prior.kind": kind, "prior.codebook": codebook})
    params, state = task.init(jax.random.key(0), task.rows)
    grad_fn = jax.jit(jax.value_and_grad(task.loss_fn, has_aux=True))
    (loss, (after, metrics)), grads = grad_fn(
        params, state, task.rows, jax.random.key(1)
    )
    assert all(np.isfinite(v) for v in metrics.values())
    trained = kind == "tied" or codebook == "finetuned"
    assert ("embedding" in params) == trained
    if trained:
        np.testing.assert_array_equal(params["embedding"], codes)
        assert np.abs(grads["embedding"]).max() > 0
    np.testing.assert_array_equal(after["codes"], codes)
    assert ("bias" in params) == (kind == "tied")
    if kind == "tied":
        assert params["bias"].shape == (_N, _K)


def _of_all(task, weights, model_config, masked, label, tokens):
    model = prior.make_model(model_config, _N, _Y)
    hidden = jnp.where(masked, _K, tokens)
    logits = prior.make_logits_fn(model, weights)(hidden, label)
    log_p = np.asarray(jax.nn.log_softmax(logits))
    nll = -np.take_along_axis(log_p, tokens[..., None], -1)[..., 0]
    return nll, log_p.argmax(-1) == tokens


def test_loss_counts_masked_tokens_only_unless_all_are_asked_for():
    """With everything masked in one batch ratio, both equal the mean over all."""
    task, _ = _task(**{"prior.dropout": 0.0, "prior.label_drop_rate": 0.0})
    every, _ = _task(
        **{
            "prior.dropout": 0.0,
            "prior.label_drop_rate": 0.0,
            "masking.loss_on": "all",
        }
    )
    params, state = task.init(jax.random.key(0), task.rows)
    batch = task.rows
    masked, (_, metrics) = task.loss_fn(params, state, batch, jax.random.key(3))
    all_, _ = every.loss_fn(params, state, batch, jax.random.key(3))
    config = tiny.make_config(**{"prior.dropout": 0.0})
    key_mask = jax.random.split(jax.random.key(3), 4)[1]
    mask = prior.mask_schedule.training_mask(key_mask, 24, _N, "cosine", True)
    weights = task.export(params, state)
    nll, right = _of_all(task, weights, config, mask, batch["label"], batch["tokens"])
    np.testing.assert_allclose(masked, nll[np.asarray(mask)].mean(), rtol=1e-4)
    np.testing.assert_allclose(all_, nll.mean(), rtol=1e-4)
    # Accuracy is of masked tokens too; visible ones are another matter.
    right_masked = right[np.asarray(mask)].mean()
    np.testing.assert_allclose(metrics["masked_accuracy"], right_masked, rtol=1e-5)
    assert abs(right_masked - right.mean()) > 1e-3


def test_label_dropping_hides_the_class():
    always, _ = _task(**{"prior.label_drop_rate": 1.0, "prior.dropout": 0.0})
    params, state = always.init(jax.random.key(0), always.rows)
    other = always.rows | {"label": (always.rows["label"] + 1) % _Y}
    a, _ = always.loss_fn(params, state, always.rows, jax.random.key(1))
    b, _ = always.loss_fn(params, state, other, jax.random.key(1))
    assert a == b
    never, _ = _task(**{"prior.label_drop_rate": 0.0, "prior.dropout": 0.0})
    a, _ = never.loss_fn(params, state, never.rows, jax.random.key(1))
    b, _ = never.loss_fn(params, state, other, jax.random.key(1))
    assert a != b


def test_corruption_replaces_the_given_share_by_codes_drawn_evenly():
    tokens = jnp.full((400, _N), 3)
    found = np.asarray(prior.corrupt(jax.random.key(0), tokens, 0.3, _K))
    # A replaced token is the same one again once in K times.
    np.testing.assert_allclose((found != 3).mean(), 0.3 * (_K - 1) / _K, atol=0.02)
    counts = np.bincount(found[found != 3], minlength=_K)
    assert counts[3] == 0
    np.testing.assert_allclose(np.delete(counts, 3) / counts.sum(), 1 / 7, atol=0.03)
    assert prior.corrupt(jax.random.key(0), tokens, 0.0, _K) is tokens


def test_corruption_changes_what_the_prior_sees_and_not_what_it_is_to_predict():
    """A prior that ignores its input has the same loss."""
    off = {"prior.dropout": 0.0, "prior.label_drop_rate": 0.0}
    plain, _ = _task(**off)
    corrupt, _ = _task(**off | {"masking.corruption_rate": 0.5})
    params, state = plain.init(jax.random.key(0), plain.rows)
    losses = lambda params: [  # noqa: E731
        float(task.loss_fn(params, state, task.rows, jax.random.key(1))[0])
        for task in (plain, corrupt)
    ]
    a, b = losses(params)
    assert abs(a - b) > 1e-4
    blind = jax.tree.map(jnp.zeros_like, params)
    blind["bias"] = jax.random.normal(jax.random.key(2), (_N, _K))
    a, b = losses(blind)
    np.testing.assert_allclose(a, b, rtol=1e-6)


def test_drawn_targets_change_from_step_to_step():
    data = _data()
    near = jax.nn.one_hot(data["tokens"], _K) * 2.0
    task, _ = _task({"token_logits": np.asarray(near), "label": data["label"]})
    params, state = task.init(jax.random.key(0), task.rows)
    losses = [
        float(task.loss_fn(params, state, task.rows, jax.random.key(i))[0])
        for i in range(2)
    ]
    assert losses[0] != losses[1]
    assert np.isfinite(losses).all()


def test_held_out_nll_of_a_known_prior():
    """A prior that ignores its input: every NLL is that of its one distribution."""
    task, _ = _task()
    params, state = task.init(jax.random.key(0), task.rows)
    log_p = jax.nn.log_softmax(jnp.arange(_K) * 0.5)
    params = jax.tree.map(jnp.zeros_like, params)
    params["bias"] = jnp.broadcast_to(log_p, (_N, _K))
    found = task.evaluate(task.export(params, state), task.valid)
    tokens = task.valid["tokens"]
    # Which tokens are masked is a draw: within the spread of -log p.
    judge = -np.asarray(log_p)[tokens].mean()
    assert abs(found["loss"] - judge) < 0.15
    assert abs(found["nll_bound"] - judge) < 0.15
    again = task.evaluate(task.export(params, state), task.valid)
    assert again == found
    uniform = jax.tree.map(jnp.zeros_like, params)
    found = task.evaluate(task.export(uniform, state), task.valid)
    np.testing.assert_allclose(found["loss"], np.log(_K), rtol=1e-5)
