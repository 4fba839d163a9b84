"""Stage 2: the prior over tokens of a finished tokenizer.

MaskGIT, https://arxiv.org/abs/2202.04200, section 3.1: predict masked tokens from
the others and the class. The data set is tokenised once, before.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.losses import masked_tokens
from tsgen_jax.models import prior, vqvae
from tsgen_jax.models.coder import of_band
from tsgen_jax.recipe import Measure, Stage
from tsgen_jax.sampling import categorical, mask_schedule
from tsgen_jax.stages import token_rows
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics

_CORRUPT = 4  # Of the key of a step; 0 to 3 are those it is split into.


def make_model(
    config: ConfigDict,
    num_tokens: int,
    num_classes: int,
    num_context: int = 0,
    causal: tuple[int, int] | None = None,
) -> prior.Prior:
    """The prior of `config` for N tokens and Y classes, given M tokens of context.

    `causal`: see `prior.Prior`.
    """
    training = "label_drop_rate", "order"  # Not of the network.
    fields = {k: v for k, v in config.prior.items() if k not in training}
    return prior.Prior(
        num_tokens=num_tokens,
        causal=causal,
        num_codes=config.quantizer.num_codes,
        num_classes=num_classes,
        dtype=jnp.dtype(config.precision),
        remat=config.remat,
        num_context=num_context,
        **fields,
    )


def make_stage(
    config: ConfigDict,
    model: prior.Prior,
    tokenizer: vqvae.AutoEncoder,
    band: str = "",
    given_first: token_rows.Band | None = None,
) -> Stage:
    """Stage 2 on the tokens of stage 1; its rows are those of `token_rows`.

    Args:
        config: the whole config; of a band, as it sees it.
        model: from `make_model`.
        tokenizer: the network of stage 1, whose weights are given.
        band: of the tokens; '': all of a series are of one codebook.
        given_first: the band whose tokens are the context.
    """

    def init(key, batch, given):
        label, weights = batch["label"], given["tokenizer"]
        state = {"codes": vqvae.codes(tokenizer, of_band(weights, band))}
        if given_first:
            codes = vqvae.codes(given_first.model, of_band(weights, given_first.name))
            state["context_codes"] = codes
        num = model.num_context + model.num_tokens
        tokens = jnp.zeros((len(label), num), jnp.int32)
        return model.init(key, tokens, label, **state, train=False)["params"], state

    def export(params, model_state):
        return {"params": params, **model_state}

    name = token_rows.prior_name(band)
    size = config.train[name].batch_size
    example = {
        "tokens": jax.ShapeDtypeStruct((size, model.num_tokens), jnp.int32),
        "label": jax.ShapeDtypeStruct((size,), jnp.int32),
    }
    about = "a network learns which tokens go together, by class"
    if given_first:
        shape = size, model.num_context
        example["context"] = jax.ShapeDtypeStruct(shape, jnp.int32)
        about += f", given the tokens of {given_first.name}"
    return Stage(
        name=name,
        needs=("tokenizer",),
        example=example,
        init=init,
        loss_fn=_make_loss_fn(config, model),
        export=export,
        rows=token_rows.make_rows(config, tokenizer, band, given_first),
        evaluate=make_evaluate(config, model),
        measures={
            key: row._replace(band=band)
            for key, row in _measures(model.num_codes).items()
        },
        curves=("loss", "masked_accuracy", "nll_bound", "grad_norm"),
        about=about,
    )


def _measures(num_codes: int) -> dict[str, Measure]:
    guessing = {"guessing": math.log(num_codes)}
    return {
        "loss": Measure(
            "masked_token_nll",
            "lower",
            None,
            "Nats per masked token of TEST, class given; masks by a cosine.",
            guessing,
        ),
        "nll_bound": Measure(
            "nll_bound",
            "lower",
            None,
            "Nats per token of the token map, not of the series: -log p(tokens | class) "
            "/ N is at most this. Not to be compared between tokenizers.",
            guessing,
        ),
    }


def _make_loss_fn(config: ConfigDict, model: prior.Prior):
    """`Stage.loss_fn`: cross-entropy of masked tokens."""
    masking, num_codes = config.masking, config.quantizer.num_codes

    def loss_fn(params, model_state, batch, key):
        key_target, key_mask, key_label, key_dropout = jax.random.split(key, 4)
        key_corrupt = jax.random.fold_in(key, _CORRUPT)
        label = batch["label"]
        if "token_logits" in batch:
            tokens = categorical.draw(key_target, batch["token_logits"])
        else:
            tokens = batch["tokens"]
        mask = mask_schedule.training_mask(
            key_mask,
            *tokens.shape,
            schedule=masking.schedule,
            per_sample=masking.per_sample,
        )
        seen = corrupt(key_corrupt, tokens, masking.corruption_rate, num_codes)
        drop = jax.random.bernoulli(
            key_label, config.prior.label_drop_rate, label.shape
        )
        logits = model.apply(
            {"params": params},
            token_rows.after_context(batch, jnp.where(mask, num_codes, seen)),
            jnp.where(drop, model.num_classes, label),
            **model_state,
            train=True,
            rngs={"dropout": key_dropout},
        )
        counted = mask if masking.loss_on == "masked" else jnp.ones_like(mask)
        loss = masked_tokens.cross_entropy(
            logits, tokens, counted, masking.label_smoothing
        )
        right = (logits.argmax(-1) == tokens) & mask
        accuracy = right.sum() / mask.sum()
        return loss, (model_state, {"loss": loss, "masked_accuracy": accuracy})

    return loss_fn


def corrupt(key: Array, tokens: Array, rate: float, num_codes: int) -> Array:
    """Tokens [B, N], each with probability `rate` one of all codes at random.

    When it samples, the prior sees tokens of its own that may be wrong; in training it
    would otherwise see only right ones.
    """
    if rate == 0:
        return tokens
    key_where, key_what = jax.random.split(key)
    wrong = jax.random.bernoulli(key_where, rate, tokens.shape)
    drawn = jax.random.randint(key_what, tokens.shape, 0, num_codes, tokens.dtype)
    return jnp.where(wrong, drawn, tokens)


def make_logits_fn(model: prior.Prior, weights):
    """(tokens int [B, M + N], label int [B]) -> logits float [B, N, K], in use."""
    codes = {name: value for name, value in weights.items() if name != "params"}

    def logits_fn(tokens: Array, label: Array) -> jax.Array:
        variables = {"params": weights["params"]}
        return model.apply(variables, tokens, label, **codes, train=False)

    return logits_fn


def make_nll(config: ConfigDict, model: prior.Prior):
    """(key, weights, {'tokens', 'label', 'row', ...}) -> float [B, 2], jitted.

    `row` int [B] is the number of a series, which its masks belong to. The two are
    `loss` and `nll_bound` of each series, see `make_evaluate`.
    """
    draws = config.evaluation.num_mask_draws
    num_codes, num_tokens = config.quantizer.num_codes, model.num_tokens

    @jax.jit
    def per_series(key, weights, batch):
        logits_fn = make_logits_fn(model, weights)
        tokens, label = batch["tokens"], batch["label"]

        def nll(num_masked, key):
            mask = jax.vmap(
                lambda row, m: mask_schedule.random_mask(
                    jax.random.fold_in(key, row), m[None], num_tokens
                )[0]
            )(batch["row"], num_masked)
            seen = token_rows.after_context(batch, jnp.where(mask, num_codes, tokens))
            logits = logits_fn(seen, label)
            each = masked_tokens.token_nll(logits, tokens)
            return jnp.where(mask, each, 0).sum(-1) / mask.sum(-1)

        def one_draw(i):
            # Stratified progress: draw i, series j covers (i + j phi) mod 1.
            golden = 0.6180339887498949
            progress = jnp.mod((i + 0.5) / draws + golden * batch["row"], 1.0)
            ratio = mask_schedule.mask_ratio(progress, "cosine")
            cosine = jnp.maximum(jnp.floor(ratio * num_tokens), 1).astype(int)
            uniform = 1 + jnp.floor(progress * num_tokens).astype(int)
            key_a, key_b = jax.random.split(jax.random.fold_in(key, i))
            return jnp.stack([nll(cosine, key_a), nll(uniform, key_b)], -1)

        return jax.lax.map(one_draw, jnp.arange(draws)).mean(0)

    return per_series


def make_evaluate(config: ConfigDict, model: prior.Prior):
    """(weights, {'tokens', 'label'}) -> held-out negative log-likelihood per token.

    `loss` is the mean over masks of the schedule of MaskGIT (cosine,
    a ratio per series), in nats per masked token, with the class given; the masks
    are the same at every call. `nll_bound` is an upper bound of -log p(token map) / N,
    which is no likelihood of the series: the mean over m ~ U{1..N} masked tokens
    (any-order autoregressive bound, Hoogeboom et al. 2021, arXiv 2110.02037,
    equation 4).
    """
    per_series = make_nll(config, model)

    def evaluate(weights, data: Batch) -> Metrics:
        data = {k: v for k, v in data.items() if k in ("tokens", "label", "context")}
        data["row"] = np.arange(len(data["label"]))
        rows = batches.map_batches(
            lambda batch: per_series(jax.random.key(0), weights, batch),
            data,
            config.evaluation.batch_size,
        )
        loss, bound = rows.astype("float64").mean(0)
        return {"loss": loss, "nll_bound": bound}

    return evaluate
