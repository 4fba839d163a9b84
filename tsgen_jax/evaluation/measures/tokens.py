"""What tokens say about the class, how they are used, how alike the codes are.

Tokens are int [n, N] from 0 to K - 1 = num_codes - 1; labels int [n]. All functions
raise ValueError for other shapes, tokens that are no code and empty sets.
"""

import numpy as np

from tsgen_jax.evaluation.measures.arrays import check_finite, check_labels
from tsgen_jax.types import Array


def token_class_information(
    tokens: Array, labels: Array, num_codes: int
) -> dict[str, float]:
    """Mutual information in nats between a token's code and the class of its series.

    I = sum p(code, class) log(p(code, class) / (p(code) p(class))), with shares of the
    data for p. At most log Y, the class entropy of equally frequent classes.

    Bias: shares of a finite sample make I too large, by about
    (codes - 1)(classes - 1) / (2 n) nats where all combinations occur (Miller 1955).
    'per_position' has n samples per table and suffers most; the tokens of a series are
    not independent, so 'pooled' has fewer than n N. Compare tokenizers at equal n and
    K, or with the value of shuffled labels.

    Args:
        tokens: int [n, N].
        labels: int [n].
        num_codes: K.

    Returns:
        pooled: the position of a token is ignored; all n N tokens form one table.
        per_position: the same from the n tokens at each position, mean over N.
    """
    tokens = _tokens("tokens", tokens, num_codes)
    labels = check_labels("labels", labels, len(tokens))
    if len(tokens) < 2:
        raise ValueError("One series says nothing about classes; give 2 or more.")
    _, classes = np.unique(labels, return_inverse=True)
    tables = np.zeros((tokens.shape[1], num_codes, classes.max() + 1))
    np.add.at(tables, (np.arange(tokens.shape[1]), tokens, classes[:, None]), 1)
    positions = [_information(table) for table in tables]
    return {
        "pooled": _information(tables.sum(0)),
        "per_position": float(np.mean(positions)),
    }


def usage_distance(
    tokens_real: Array, tokens_generated: Array, num_codes: int
) -> float:
    """Total variation between code shares: 0 alike, 1 nothing in common.

    Half the sum of |difference|, the share of tokens to change to make them alike. The
    sets may differ in n; two samples of one distribution are not at 0 either.
    """
    real, generated = _histograms(tokens_real, tokens_generated, num_codes)
    return float(np.abs(real / real.sum() - generated / generated.sum()).sum() / 2)


def coverage_of_use(
    tokens_real: Array, tokens_generated: Array, num_codes: int
) -> float:
    """Share of the codes that real series use which generated ones use as well."""
    real, generated = _histograms(tokens_real, tokens_generated, num_codes)
    return float((generated[real > 0] > 0).mean())


def codebook_correlation(codes: Array, counts: Array) -> dict[str, float]:
    """How alike the used codes are: mean |correlation| and |cosine| over their pairs.

    Dead codes sit where initialisation or decay left them and would decide the mean, or
    make it NaN, so they are counted, not correlated.

    Args:
        codes: float [K, D], D from 2 on.
        counts: float [K], tokens that chose each code over a whole data set. Not the
            moving averages of training, which never reach 0.

    Returns:
        pearson: mean over pairs of used codes of |Pearson's correlation|.
        cosine: mean of |cosine|.
        num_dead: codes that were never chosen.
        num_flat: used codes with all D entries equal, which have no correlation; left
            out as well.

    Raises:
        ValueError: also where fewer than 2 codes are left.
    """
    codes, counts = np.asarray(codes, np.float64), np.asarray(counts, np.float64)
    if codes.ndim != 2 or codes.shape[1] < 2 or counts.shape != codes.shape[:1]:
        raise ValueError(
            "codes must be [K, D] with D from 2 on and counts [K]; they have "
            f"{codes.shape} and {counts.shape}."
        )
    for name, values in (("codes", codes), ("counts", counts)):
        check_finite(name, values)
    if (counts < 0).any():
        raise ValueError(f"counts has {(counts < 0).sum()} values below 0.")
    used = codes[counts > 0]
    flat = np.ptp(used, 1) <= 1e-12 * np.abs(used).max(1)  # Rounding of equal entries.
    kept = used[~flat]
    if len(kept) < 2:
        raise ValueError(
            f"Of {len(codes)} codes {len(used)} are used and {len(kept)} of them can "
            "be correlated: no pair to compare. The codebook has collapsed."
        )
    return {
        "pearson": _mean_cosine(kept - kept.mean(1, keepdims=True)),
        "cosine": _mean_cosine(kept),
        "num_dead": float(len(codes) - len(used)),
        "num_flat": float(flat.sum()),
    }


def _tokens(name: str, tokens: Array, num_codes: int) -> np.ndarray:
    tokens = np.asarray(tokens)
    if tokens.ndim != 2 or not tokens.size or tokens.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be integers [n, N], at least one; they are {tokens.dtype} "
            f"{tokens.shape}."
        )
    outside = (tokens < 0) | (tokens >= num_codes)
    if outside.any():
        raise ValueError(
            f"{name} has {outside.sum()} values outside 0 to {num_codes - 1}, from "
            f"{tokens.min()} to {tokens.max()}."
        )
    return tokens


def _histograms(tokens_real: Array, tokens_generated: Array, num_codes: int) -> tuple:
    real = _tokens("tokens_real", tokens_real, num_codes)
    generated = _tokens("tokens_generated", tokens_generated, num_codes)
    if real.shape[1] != generated.shape[1]:
        raise ValueError(
            f"tokens_real has {real.shape[1]} tokens per series, tokens_generated "
            f"{generated.shape[1]}: these are not of one tokenizer."
        )
    return tuple(np.bincount(t.ravel(), minlength=num_codes) for t in (real, generated))


def _information(table: np.ndarray) -> float:
    """Mutual information in nats of a table of counts [K, Y]."""
    joint = table / table.sum()
    apart = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    seen = joint > 0
    information = (joint[seen] * np.log(joint[seen] / apart[seen])).sum()
    return float(max(0.0, information))  # Rounding alone goes below 0.


def _mean_cosine(vectors: np.ndarray) -> float:
    """Mean |cosine| over the pairs of rows."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return float(np.abs(unit @ unit.T)[np.triu_indices(len(unit), 1)].mean())
