"""Time series generation with discrete tokens: SSL-VQVAE and MaskGIT in JAX.

`load(path)` opens a trained model, `fit(x, y)` trains one, `export(model, path)` puts one
into a file. They are imported when they are first asked for, so that `import tsgen_jax`
costs nothing.
"""

import importlib

__version__ = "0.1.0"

_LAZY = {
    "load": "tsgen_jax.api.load",
    "fit": "tsgen_jax.api.fit",
    "export": "tsgen_jax.api.export",
    "Model": "tsgen_jax.api.model",
    "TimeSeriesGenerator": "tsgen_jax.api.estimator",
}
__all__ = ["__version__", *_LAZY]  # noqa: PLE0604


def __getattr__(name: str):
    if name not in _LAZY:
        raise AttributeError(f"module 'tsgen_jax' has no attribute {name!r}")
    from tsgen_jax.runtime import installation

    with installation.in_words(f"tsgen_jax.{name}"):
        return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__():
    return sorted([*globals(), *_LAZY])
