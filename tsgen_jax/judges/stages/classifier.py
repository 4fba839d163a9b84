"""The judge: a supervised classifier of series."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from tsgen_jax.models import classifier
from tsgen_jax.recipe import Stage, example_of
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree


def make_model(config: ConfigDict, num_classes: int) -> classifier.Classifier:
    """The network of `config.judge` for Y classes."""
    judge = config.judge
    return classifier.Classifier(
        num_classes, tuple(judge.widths), tuple(judge.kernel_sizes)
    )


def make_stage(
    config: ConfigDict, model: classifier.Classifier, x: Array, label: Array
) -> tuple[Stage, Batch]:
    """Cross-entropy on scaled series, and its rows; no choice is made on others.

    Args:
        config: the whole config.
        model: from `make_model`.
        x: scaled series, float32 [n, L, C].
        label: int [n] in [0, Y).
    """

    def init(key: Array, batch: Batch, given) -> tuple[PyTree, PyTree]:
        variables = model.init(key, batch["x"], train=False)
        return variables["params"], {"batch_stats": variables["batch_stats"]}

    def loss_fn(params, model_state, batch, key):
        del key  # Nothing is drawn.
        (logits, _), moved = model.apply(
            {"params": params, **model_state},
            batch["x"],
            train=True,
            mutable=["batch_stats"],
        )
        loss = _cross_entropy(logits, batch["label"]).mean()
        accuracy = (logits.argmax(-1) == batch["label"]).mean()
        return loss, (moved, {"loss": loss, "accuracy": accuracy})

    def export(params, model_state):
        return {"params": params, **model_state}

    data = {"x": x, "label": np.asarray(label, np.int32)}
    stage = Stage(
        name="judge",
        example=example_of(data),
        init=init,
        loss_fn=loss_fn,
        export=export,
        evaluate=functools.partial(evaluate, config, model),
    )
    return stage, data


def _cross_entropy(logits: Array, label: Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits, label)


def evaluate(
    config: ConfigDict, model: classifier.Classifier, weights: PyTree, data: Batch
) -> Metrics:
    """Loss and accuracy on series and labels that the network has not seen."""
    logits, _ = outputs(config, model, weights, data["x"])
    loss = _cross_entropy(jnp.asarray(logits), jnp.asarray(data["label"])).mean()
    return {"loss": loss, "accuracy": (logits.argmax(-1) == data["label"]).mean()}


def outputs(
    config: ConfigDict, model: classifier.Classifier, weights: PyTree, x: Array
) -> tuple[np.ndarray, np.ndarray]:
    """Logits [n, Y] and features [n, d] of scaled series [n, L, C]."""

    @jax.jit
    def both(weights, x):
        return jnp.concatenate(classifier.classify(model, weights, x), axis=-1)

    size = config.evaluation.batch_size
    rows = batches.map_batches(lambda b: both(weights, b["x"]), {"x": x}, size)
    return rows[:, : model.num_classes], rows[:, model.num_classes :]
