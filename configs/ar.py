"""Autoregression by Yule-Walker; ':arma'; ':gradient', ':tdnn' are neural forms.

Paper: Yule 1927, Walker 1931; TDNN: Waibel et al. 1989,
https://doi.org/10.1109/29.21701.
Command: python main.py --config=configs/ar.py
Expected: 2 to 5 seconds. MiniRocket FID to TEST, one seed: GunPoint 5.53, ECG5000 0.94,
SyntheticControl 0.86, CBF 0.88; the Gaussian of configs/gaussian.py 3.66, 0.48, 0.80,
1.05 (experiments/results/generators.jsonl). It is below that Gaussian on CBF only: about
the mean curve it is a Gaussian too, of a stationary covariance in place of the whole one.
Another kind: --config=configs/ar.py:tdnn (yule_walker, arma, gradient, tdnn).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _autoregressive

_KINDS = ("yule_walker", "arma", "gradient", "tdnn")


def get_config(arg: str = "yule_walker") -> ConfigDict:
    """`arg`: the kind."""
    if arg not in _KINDS:
        raise ValueError(f"configs/ar.py:{arg}: known are {', '.join(_KINDS)}.")
    config = _autoregressive.make_config("ar")
    config.name = "ar" if arg == "yule_walker" else f"ar-{arg}"
    config.ar = ConfigDict()
    # 'yule_walker', 'gradient' (linear) or 'tdnn'.
    config.ar.kind = "yule_walker" if arg == "arma" else arg
    # Of Yule-Walker: past values and innovations of an ARMA, (p, q), whose predictors
    # take the place of those of TRAIN's own autocovariances; (): the latter.
    config.ar.arma = (2, 2) if arg == "arma" else ()
    # Of Yule-Walker: at most so many lags, chosen on validation; of 'gradient': lags.
    config.ar.max_order = 20
    # What the autoregression is about: mean and deviation of every time point ('curve')
    # or of all ('constant'), by class.
    config.ar.level = "curve"
    config.ar.innovations = "residuals"  # Drawn from them, or from a 'normal'.
    config.ar.num_residuals = 1024  # Kept of a class.
    config.ar.min_series = 8  # Of a class; with fewer it has the lags of all classes.
    config.ar.network = _autoregressive.make_values()  # Of kinds 'gradient' and 'tdnn'.
    config.ar.network.taps = 8  # Time points that a filter sees.
    config.ar.network.num_layers = 3  # Of filters.
    if arg == "gradient":
        config.ar.network.num_components = 1  # One Gaussian.
        config.ar.network.dropout = 0.0
    return config.lock()
