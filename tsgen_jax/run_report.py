"""From what a run has learnt and made to its figures and its page."""

import os
from collections.abc import Iterator

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data import augment
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.evaluation import figures, report, token_figures
from tsgen_jax.generator import Generator
from tsgen_jax.writer import read_metrics

_NUM_VIEWS = 4
_NUM_MAPS = 6
_CURVES = {
    "tokenizer": (
        "loss",
        "loss_time",
        "loss_commitment",
        "loss_ssl",
        "reconstruction_mse",
        "codebook_perplexity",
    ),
    "prior": ("loss", "masked_accuracy", "nll_bound", "grad_norm"),
}
_ROWS = {
    "reconstruction_mse": ("lower", "TEST, scaled to variance 1"),
    "reconstruction_mse_frequency": ("lower", "TEST, on the STFT of scaled series"),
    "codebook_perplexity": ("higher", "exp of the entropy of token use on TEST"),
    "codebook_usage": ("higher", "share of the codes that TEST uses"),
    "codebook_similarity": ("lower", "mean |cosine| between different codes"),
    "masked_token_nll": ("lower", "nats per masked token of TEST, class given"),
    "nll_bound": ("lower", "nats per token: -log p(series) / N is at most this"),
    "uniform_nll": ("", "nats per token of guessing: log K"),
}


def _sections(
    config: ConfigDict,
    dataset: Dataset,
    generator: Generator,
    samples: dict[str, np.ndarray],
    workdir: str,
) -> Iterator[tuple[str, report.Section]]:
    """File name and section of each figure, in the page's order."""
    x_test, y_test = dataset.x_test, dataset.y_test
    num_codes = generator.prior.num_codes
    yield (
        "real_and_generated",
        report.Section(
            "Real beside generated",
            "TEST series and generated ones, per class, on shared axes.",
            figures.plot_real_and_generated(
                x_test, y_test, samples["x"], samples["label"], dataset.classes
            ),
        ),
    )
    tokens_test = generator.encode(x_test)
    shown = _first_of_each(y_test, config.evaluation.num_shown)
    yield (
        "reconstructions",
        report.Section(
            "Reconstructions",
            "TEST series through the tokenizer and back: what tokens can say at best.",
            figures.plot_reconstructions(
                x_test[shown],
                generator.decode(tokens_test[shown]),
                y_test[shown],
                dataset.classes,
            ),
        ),
    )
    tokens = (generator.encode(dataset.x_train), tokens_test, samples["tokens"])
    counts = [np.bincount(t.reshape(-1), minlength=num_codes) for t in tokens]
    yield (
        "codebook_usage",
        report.Section(
            "Codebook usage",
            "How often each code is chosen, in order of TRAIN.",
            token_figures.plot_codebook_usage(*counts),
        ),
    )
    maps = [
        t[:_NUM_MAPS].reshape(-1, *generator.tokenizer.map_shape)
        for t in (tokens_test[shown], samples["tokens"][:: len(samples["x"]) // 6 or 1])
    ]
    yield (
        "token_maps",
        report.Section(
            "Token maps",
            "Tokens of TEST and of generated series: frequency bins by time.",
            token_figures.plot_token_maps(*maps, num_codes),
        ),
    )
    label = samples["label"][:1]
    label = np.where(label < 0, generator.prior.num_classes, label)
    key_decode, key_view = jax.random.split(jax.random.key(config.seed))
    history = generator.sample_tokens(key_decode, label)[:, 0]
    visible = np.where(history == num_codes, 0, history)
    series = generator.decode(visible)
    yield (
        "decoding",
        report.Section(
            "Decoding one series",
            "From all tokens masked to none. Series of unfinished rounds are decoded "
            "with code 0 in place of masks.",
            token_figures.plot_decoding(history, series, num_codes),
        ),
    )
    x = dataset.scaler.transform(dataset.x_train[:_NUM_VIEWS])
    views = augment.make_augment(**config.augment)(key_view, x)
    yield (
        "augmented_views",
        report.Section(
            "Augmented views",
            "TRAIN series and what the augmentation makes of them: the second view, "
            f"with ssl.method={config.ssl.method!r} and "
            f"ssl.augmented_weight={config.ssl.augmented_weight}.",
            figures.plot_augmented_views(
                dataset.x_train[:_NUM_VIEWS],
                dataset.scaler.inverse(np.asarray(views)),
                config.augment.names,
            ),
        ),
    )
    yield (
        "loss_curves",
        report.Section(
            "Training",
            "Training and validation of both stages, by step.",
            figures.plot_loss_curves(_curves(workdir)),
        ),
    )


def _curves(workdir: str) -> list[dict]:
    """Rows of metrics.jsonl that are curves, with what matters most in them."""
    rows = []
    for row in read_metrics(workdir):
        if row["stage"] in _CURVES:
            shown = {"stage", "step", *_CURVES[row["stage"]]}
            rows.append({k: v for k, v in row.items() if k.rpartition("/")[2] in shown})
    return rows


def _first_of_each(labels: np.ndarray, num_shown: int) -> np.ndarray:
    """Rows of the first `num_shown` series of every class."""
    rows = [np.flatnonzero(labels == y)[:num_shown] for y in np.unique(labels)]
    return np.concatenate(rows)


def write(
    config: ConfigDict,
    dataset: Dataset,
    generator: Generator,
    samples: dict[str, np.ndarray],
    metrics: dict[str, float],
    workdir: str,
) -> None:
    """Writes `figures/*.png` and `report.html`; prints the scores.

    Args:
        config: of the run.
        dataset: of the run.
        generator: the trained models.
        samples: x [n, L, C], label [n], tokens [n, N].
        metrics: final scores by name.
        workdir: the run directory.
    """
    directory = os.path.join(workdir, "figures")
    os.makedirs(directory, exist_ok=True)
    sections = []
    for name, section in _sections(config, dataset, generator, samples, workdir):
        report.save_figure(section.figure, os.path.join(directory, f"{name}.png"))
        sections.append(section)
    rows = [report.Row(k, metrics[k], *_ROWS[k]) for k in _ROWS]
    title = f"{config.name} on {dataset.name}"
    page = report.make_report(title, rows, sections, config.to_dict())
    report.write_report(os.path.join(workdir, "report.html"), page)
    width = max(map(len, _ROWS))
    print(f"\n{title}\n" + "-" * len(title))
    for row in rows:
        better = f" ({row.better} is better)" if row.better else ""
        print(f"{row.name:{width}}  {row.value:10.4f}  {row.note}{better}")
    print(f"\nReport: {os.path.join(workdir, 'report.html')}")
