"""Values that `config.judge` and `config.evaluation` can have, for `checks`."""

_INFINITY = float("inf")
RANGES = {  # Key: lowest and highest value; infinity itself is none.
    "evaluation.batch_size": (1, 2**20),
    "evaluation.num_mask_draws": (1, _INFINITY),
    "evaluation.num_shown": (1, _INFINITY),
    "judge.seed": (0, 2**32 - 1),
    "judge.num_kernels": (84, _INFINITY),
    "judge.ts2vec.width": (1, _INFINITY),
    "judge.ts2vec.num_blocks": (0, 30),
    "judge.ts2vec.features": (1, _INFINITY),
    "judge.ts2vec.dropout": (0, 0.99),
    "judge.ts2vec.mask_ratio": (0, 1),
    "judge.ts2vec.instance_weight": (0, 1),
    "judge.ts2vec.few_values": (0, _INFINITY),
    "judge.ts2vec.few_steps": (1, _INFINITY),
    "evaluation.seed": (0, 2**32 - 1),
    "evaluation.num_draws": (2, _INFINITY),
    "evaluation.level": (0.01, 0.999),
    "evaluation.num_neighbours": (1, _INFINITY),
    "evaluation.max_rows": (10, _INFINITY),
    "evaluation.num_dtw": (0, _INFINITY),
    "evaluation.cas_min_series": (0, _INFINITY),
    "evaluation.hidden_univariate": (1, _INFINITY),
}
