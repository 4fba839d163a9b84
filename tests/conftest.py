"""Strict settings for every test; set before jax is imported."""

import os
import tempfile

from tests import compiling

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Eight simulated devices.
_FLAGS = compiling.environment({}, num_devices=8)["XLA_FLAGS"]
os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), _FLAGS])
os.environ.setdefault("MPLBACKEND", "agg")

import jax
import pytest

from tsgen_jax.runtime import compilation_cache

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_default_matmul_precision", "highest")

# Programs are shared by all tests and their processes, judges by those of one process.
os.environ["JAX_COMPILATION_CACHE_DIR"] = compilation_cache.enable()
_HOME = tempfile.TemporaryDirectory(prefix="tsgen-tests-")
os.environ["XDG_CACHE_HOME"] = _HOME.name

# Files go to two processes whole: long ones first, or one of the two ends alone.
_LONG = ("test_resume", "test_pipeline", "test_loop", "test_assess", "test_configs")
_LONG += ("test_docs", "test_every_generator", "test_train", "test_evaluate")
_LONG += ("test_notebooks", "test_examples", "test_timevqvae", "test_answers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts long files to the front; the others keep their order."""
    items.sort(key=lambda item: not item.path.stem.startswith(_LONG))


@pytest.fixture(scope="session")
def ucr_root() -> str:
    """A directory of UCR sets (TSGEN_DATA, else ../shared/data/ucr), or skips."""
    default = os.path.join(os.path.dirname(__file__), "../../shared/data/ucr")
    root = os.environ.get("TSGEN_DATA", default)
    if not os.path.isdir(os.path.join(root, "ECG5000")):
        pytest.skip(f"no UCR sets under {root}; set TSGEN_DATA to run this test")
    return os.path.abspath(root)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory) -> str:
    """A run directory like a finished one, with weights drawn at random."""
    from tests import tiny

    workdir = str(tmp_path_factory.mktemp("tiny") / "run")
    return tiny.write_run(workdir)


@pytest.fixture(scope="session")
def tiny_model(tiny_run):
    """The model of `tiny_run`: length 24, 2 channels, 2 classes."""
    import tsgen_jax

    return tsgen_jax.load(tiny_run)
