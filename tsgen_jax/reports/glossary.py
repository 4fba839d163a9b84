"""What every score means, in which unit, and who proposed it: the report's last section.

A score that is missing here has no link; a test asks for an entry for every score that
the project computes.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """Meaning of a score, its unit ('' for a plain number), and its source's address."""

    meaning: str
    unit: str
    source: str


_HEUSEL = "https://arxiv.org/abs/1706.08500"
_KYNKAANNIEMI = "https://arxiv.org/abs/1904.06991"
_NAEEM = "https://arxiv.org/abs/2002.09797"
_TSGBENCH = "https://arxiv.org/abs/2309.03755"
_TIMEGAN = (
    "https://papers.nips.cc/paper/8789-time-series-generative-adversarial-networks"
)
_NCVQVAE = "https://arxiv.org/abs/2408.16613"

ENTRIES = {
    "fid": Entry(
        "Frechet distance of Gaussians fitted to the judge's features of TEST and of "
        "the samples.",
        "",
        _HEUSEL,
    ),
    "class_fid": Entry("fid within each class, mean over classes.", "", ""),
    "class_recall": Entry(
        "recall within each class, mean over classes; a class never generated has 0.",
        "share",
        "",
    ),
    "reconstruction_fid": Entry(
        "fid of TEST through the tokenizer and back: the prior has no part in it.",
        "",
        "",
    ),
    "context_fid": Entry(
        "fid in features of TS2Vec, trained on TRAIN without labels.",
        "",
        "https://arxiv.org/abs/2108.00981",
    ),
    "inception_score": Entry(
        "Sure and varied classes, from 1 to the number of classes.",
        "classes",
        "https://arxiv.org/abs/1606.03498",
    ),
    "precision": Entry("Share of samples among real series.", "share", _KYNKAANNIEMI),
    "recall": Entry("Share of real series among samples.", "share", _KYNKAANNIEMI),
    "density": Entry("As precision, robust to outliers; may exceed 1.", "", _NAEEM),
    "coverage": Entry(
        "Share of real series with a sample among their nearest neighbours.",
        "share",
        _NAEEM,
    ),
    "mmd": Entry(
        "Squared maximum mean discrepancy, RBF kernel, unbiased; may be below 0.",
        "",
        "https://jmlr.org/papers/v13/gretton12a.html",
    ),
    "cas": Entry(
        "Accuracy on TEST of a classifier trained on samples with TRAIN's class counts.",
        "share",
        "https://arxiv.org/abs/1905.10887",
    ),
    "cas_with_train": Entry(
        "Accuracy on TEST, trained on TRAIN and samples together; above TRAIN's own "
        "accuracy the samples help.",
        "share",
        "",
    ),
    "marginal_distribution_difference": Entry(
        "Difference of the densities of values at each time point, 50 bins.",
        "per data unit",
        _TSGBENCH,
    ),
    "outside_share": Entry(
        "Generated values outside the real range of their time point.", "share", ""
    ),
    "autocorrelation_difference": Entry(
        "Difference of the autocorrelations at lags below 64.", "", _TSGBENCH
    ),
    "skewness_difference": Entry("Difference of the skewness.", "", _TSGBENCH),
    "kurtosis_difference": Entry("Difference of the kurtosis.", "", _TSGBENCH),
    "correlation_difference": Entry(
        "Difference of the correlations between channels, of all series.", "", ""
    ),
    "correlational_score": Entry(
        "The same of five draws of a fifth of the series, mean: the published "
        "protocol; of TEST itself it is above 0.",
        "",
        "https://arxiv.org/abs/2403.01742",
    ),
    "spectral_distance": Entry(
        "Difference of the mean power at each frequency, root mean square.", "dB", ""
    ),
    "dtw_distance": Entry(
        "Dynamic-time-warping distance to the nearest real series.",
        "squared data units",
        "",
    ),
    "discriminative_score": Entry(
        "|accuracy - 0.5| of a GRU that tells samples from TEST.", "share", _TIMEGAN
    ),
    "predictive_score": Entry(
        "Mean absolute error on TEST of a GRU trained on samples to predict the next "
        "value.",
        "ranges of the channel",
        _TIMEGAN,
    ),
    "distance_to_closest_record": Entry(
        "Distance from a sample to the closest TRAIN series, over that of TEST; far "
        "below 1: copies.",
        "ratio",
        "",
    ),
    "nearest_neighbour_distance_ratio": Entry(
        "Distance to the closest over that to the second closest TRAIN series; near "
        "0: copies.",
        "ratio",
        "",
    ),
    "share_closer_to_train": Entry(
        "Samples that are closer to TRAIN than to as many TEST series; 0.5 is ideal.",
        "share",
        "",
    ),
    "copied_sequences": Entry(
        "Generated token sequences that stand verbatim in TRAIN; read it beside TEST's.",
        "share",
        "",
    ),
    "copied_stretch_mean": Entry(
        "Longest stretch of a generated series' tokens that stands in a TRAIN series, at "
        "any time; mean over series.",
        "time frames of tokens",
        "",
    ),
    "copied_stretch_max": Entry(
        "The longest of all these stretches.", "time frames of tokens", ""
    ),
    "reconstruction_mse": Entry(
        "Mean squared error of TEST through the tokenizer and back.",
        "scaled units squared",
        "",
    ),
    "reconstruction_mse_frequency": Entry(
        "The same on the short-time Fourier transform.", "scaled units squared", ""
    ),
    "codebook_perplexity": Entry(
        "exp of the entropy of token use on TEST; at most the number of codes.",
        "codes",
        "",
    ),
    "codebook_usage": Entry("Codes that TEST uses.", "share", ""),
    "codebook_similarity": Entry("Mean |cosine| between different codes.", "", ""),
    "codebook_correlation": Entry(
        "Mean |correlation| between codes in use.", "", _NCVQVAE
    ),
    "codebook_cosine": Entry("Mean |cosine| between codes in use.", "", _NCVQVAE),
    "token_nll": Entry(
        "Negative log-likelihood of TEST tokens, each given those before it and the "
        "class, exact; of the token map, not of the series.",
        "nats per token",
        "https://arxiv.org/abs/1711.00937",
    ),
    "masked_token_nll": Entry(
        "Negative log-likelihood of masked TEST tokens, class given; of the token map, "
        "not of the series.",
        "nats per token",
        "https://arxiv.org/abs/2202.04200",
    ),
    "value_nll": Entry(
        "Negative log-likelihood of TEST values, each given those before it and the "
        "class; of scaled series.",
        "nats per value",
        "",
    ),
    "bin_nll": Entry(
        "Negative log-likelihood of the bin of TEST values, each given those before it "
        "and the class.",
        "nats per value",
        "",
    ),
    "nll_bound": Entry(
        "Any-order bound: -log p(token map) / N is at most this; of the token map, not "
        "of the series.",
        "nats per token",
        "https://arxiv.org/abs/2110.02037",
    ),
    "prior_convergence_step": Entry(
        "First step with 95 % of the fall in validation NLL.", "steps", ""
    ),
    "linear_probe": Entry(
        "Accuracy on TEST of a linear classifier on pooled codes.", "share", _NCVQVAE
    ),
    "svm_probe": Entry(
        "Accuracy on TEST of a support vector machine on pooled codes.",
        "share",
        _NCVQVAE,
    ),
    "knn_probe": Entry(
        "Accuracy on TEST of nearest neighbours on pooled codes.", "share", _NCVQVAE
    ),
    "token_class_information_pooled": Entry(
        "Mutual information of token and class, positions pooled.", "nats", ""
    ),
    "token_class_information_per_position": Entry(
        "Mutual information of token and class, mean over positions.", "nats", ""
    ),
    "token_use_distance": Entry(
        "Total variation between the code shares of TEST and of samples: 0 alike, 1 "
        "nothing in common.",
        "share",
        "",
    ),
    "token_use_coverage": Entry(
        "Codes of TEST that the samples use as well.", "share", ""
    ),
}


def unit(name: str) -> str:
    """The unit of a score, '' for a plain number or a score that is not known."""
    return ENTRIES[name].unit if name in ENTRIES else ""
