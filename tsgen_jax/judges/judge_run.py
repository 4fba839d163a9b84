"""The final scores of a run: of its tokenizer, its prior and its samples."""

import os

import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.evaluation.scores import Score, representation
from tsgen_jax.generators.tokens import Generator
from tsgen_jax.judges import assess, fcn
from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runs import files
from tsgen_jax.runs.metrics import Writer, read_metrics
from tsgen_jax.types import Task

_CONVERGED = 0.95  # Of the way from the first validation loss to the best.
_ROWS = {  # Name: (better, ideal, note).
    "reconstruction_mse": ("lower", 0.0, "TEST, scaled to variance 1."),
    "reconstruction_mse_frequency": (
        "lower",
        0.0,
        "TEST, on the STFT of scaled series.",
    ),
    "codebook_perplexity": (
        "higher",
        None,
        "exp of the entropy of token use on TEST; at most the number of codes.",
    ),
    "codebook_usage": ("higher", 1.0, "Share of the codes that TEST uses."),
    "codebook_similarity": ("lower", None, "Mean |cosine| between different codes."),
    "masked_token_nll": (
        "lower",
        None,
        "Nats per masked token of TEST, class given; masks by a cosine.",
    ),
    "nll_bound": ("lower", None, "Nats per token: -log p(series) / N is at most this."),
    "prior_convergence_step": (
        "lower",
        None,
        "First step with 95 % of the fall in validation NLL.",
    ),
}


def evaluate(
    config: ConfigDict,
    dataset: Dataset,
    generator: Generator,
    tasks: dict[str, Task],
    samples: dict[str, np.ndarray],
    workdir: str,
) -> assess.Assessment:
    """Scores on TEST, which nothing before has touched; leaves `evaluation/`.

    Args:
        config: sections `judge`, `evaluation` and `train` are read.
        dataset: of the run.
        generator: the trained models.
        tasks: of both stages, for their errors on TEST.
        samples: x [n, L, C], label [n], tokens [n, N].
        workdir: the run directory; 'reconstructions.npz' is written there as well.
    """
    judged_set, said = assess.completed(dataset)
    checked = assess.check_samples(
        judged_set, hold_ends(samples["x"]), samples["label"]
    )
    tokens = generator.encode(dataset.x_test)
    x_hat = generator.decode(tokens)
    files.write_arrays(
        os.path.join(workdir, "reconstructions.npz"),
        {"x": dataset.x_test, "x_hat": x_hat, "label": dataset.y_test},
    )
    rows = _stage_scores(config, dataset, generator, tasks, tokens, workdir)
    notes = []
    if "representation" in config.evaluation.scores.split("+"):
        more, notes = _representation(config, dataset, generator, tokens, samples)
        rows += more
    judged = assess.assess(config, judged_set, checked, workdir, hold_ends(x_hat))
    result = assess.Assessment(
        rows + judged.scores, said + notes + judged.notes, judged.judge, judged.pictures
    )
    directory = os.path.join(workdir, "evaluation")
    result.write(directory)
    with Writer(workdir, "evaluation", 1, 0) as writer:
        writer.write(1, "test", result.metrics())
    run_dir.mark_done(workdir, "evaluation", result.metrics())
    return result


def _stage_scores(config, dataset, generator, tasks, tokens, workdir) -> list[Score]:
    stage_1 = tasks["tokenizer"].evaluate(
        generator.tokenizer_weights, dataset.network_data("test")
    )
    data = {"tokens": tokens, "label": dataset.y_test}
    stage_2 = tasks["prior"].evaluate(generator.prior_weights, data)
    values = {name: stage_1[name] for name in _ROWS if name in stage_1}
    values["masked_token_nll"] = stage_2["loss"]
    values["nll_bound"] = stage_2["nll_bound"]
    step = _convergence_step(workdir)
    if step is not None:
        values["prior_convergence_step"] = step
    guessing = float(jnp.log(config.quantizer.num_codes))
    rows = []
    for name, value in values.items():
        better, ideal, note = _ROWS[name]
        floors = {"guessing": guessing} if "nll" in name else {}
        group = "representation"
        rows.append(
            Score(
                name, "", float(value), None, None, floors, better, ideal, note, group
            )
        )
    return rows


def _convergence_step(workdir: str) -> int | None:
    """First step at which the prior's validation loss was almost as good as ever."""
    curve = [
        (row["step"], row["valid/loss"])
        for row in read_metrics(workdir)
        if row["stage"] == "prior" and row.get("valid/loss") is not None
    ]
    if len(curve) < 2:
        return None
    steps, losses = np.array(curve).T
    goal = losses[0] - _CONVERGED * (losses[0] - losses.min())
    return int(steps[np.flatnonzero(losses <= goal)[0]])


def _representation(config, dataset, generator, tokens_test, samples):
    x_train, y_train = fcn.whole_train(dataset)
    codes = np.asarray(generator.tokenizer_weights["codebook"].codes)
    tokens_train, seed = generator.encode(x_train), config.evaluation.seed
    y_test, notes = dataset.y_test, []
    rows, said = representation.token_scores(
        codes, tokens_train, tokens_test, y_test, samples["tokens"], seed=seed
    )
    notes += said
    if dataset.num_classes > 1:
        scale = dataset.scaler.transform
        series = scale(x_train), scale(dataset.x_test)
        of = tokens_train, y_train, tokens_test, y_test
        rows = representation.probe_scores(codes, *of, *series, seed=seed) + rows
    else:
        notes.append(f"No probes: {dataset.name} has one class only.")
    return rows, notes
