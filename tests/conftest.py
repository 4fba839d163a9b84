"""Strict settings for every test; set before jax is imported."""

import os
import tempfile

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Eight simulated devices; programs run once or twice, so compile without effort.
_FLAGS = (
    "--xla_force_host_platform_device_count=8",
    "--xla_backend_optimization_level=0",
)
os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *_FLAGS])
os.environ.setdefault("MPLBACKEND", "agg")

import jax
import pytest

from tsgen_jax import compilation_cache

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_default_matmul_precision", "highest")

# Programs are shared by all tests and their processes, judges by those of one process.
os.environ["JAX_COMPILATION_CACHE_DIR"] = compilation_cache.enable()
_HOME = tempfile.TemporaryDirectory(prefix="tsgen-tests-")
os.environ["XDG_CACHE_HOME"] = _HOME.name


@pytest.fixture(scope="session")
def ucr_root() -> str:
    """A directory of UCR sets (TSGEN_DATA, else ../shared/data/ucr), or skips."""
    default = os.path.join(os.path.dirname(__file__), "../../shared/data/ucr")
    root = os.environ.get("TSGEN_DATA", default)
    if not os.path.isdir(os.path.join(root, "ECG5000")):
        pytest.skip(f"no UCR sets under {root}; set TSGEN_DATA to run this test")
    return os.path.abspath(root)
