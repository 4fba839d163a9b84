"""Compiled programs: damaged ones are made anew; a cache that cannot be is no error."""

import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache as jax_cache

from tsgen_jax.runtime import compilation_cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of its own that takes programs however fast they compile."""
    settings = (
        "jax_compilation_cache_dir",
        "jax_persistent_cache_min_compile_time_secs",
    )
    before = {name: getattr(jax.config, name) for name in settings}
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "xla"))
    jax_cache.reset_cache()
    compilation_cache.enable()
    jax.config.update(settings[1], 0)
    yield tmp_path / "xla"
    for name, value in before.items():
        jax.config.update(name, value)
    jax_cache.reset_cache()


def _run():
    """Three programs, traced anew; they differ in shapes and in what they compute."""
    x, matrix = np.arange(4, dtype=np.float32), np.eye(3, dtype=np.float32)
    doubled = jax.jit(lambda x: jnp.sin(x) * 2)(x)
    summed = jax.jit(lambda x: jnp.cos(x).sum())(x)
    product = jax.jit(lambda a, b: a @ b)(matrix, 2 * matrix)
    return [np.asarray(a) for a in (doubled, summed, product)]


def _programs(cache):
    return sorted(cache.glob("*-cache"))


def _permute(files):
    data = [file.read_bytes() for file in files]
    for file, other in zip(files, data[1:] + data[:1], strict=True):
        file.write_bytes(other)


def _flip(files):
    for file in files:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 4
        file.write_bytes(data)


def _cut(files):
    for file in files:
        os.truncate(file, 50)


@pytest.mark.parametrize("damage", [_permute, _flip, _cut])
def test_damaged_programs_are_compiled_anew_and_it_is_said(damage, cache, caplog):
    judge = _run()
    files = _programs(cache)
    assert len(files) == 3
    whole = [file.read_bytes() for file in files]
    damage(files)
    for found, right in zip(_run(), judge, strict=True):
        np.testing.assert_array_equal(found, right)
    for file in files:
        assert f"{file} is damaged: the program is compiled anew" in caplog.text
    assert _programs(cache) == files
    caplog.clear()
    _run()  # They were put in place of the damaged ones.
    assert not caplog.text
    assert [len(file.read_bytes()) for file in files] == pytest.approx(
        [len(data) for data in whole], rel=0.1
    )


def test_whole_programs_are_used(cache, monkeypatch):
    _run()
    asked = []
    get = compilation_cache.Checked.get

    def spy(self, key):
        asked.append(get(self, key))
        return asked[-1]

    monkeypatch.setattr(compilation_cache.Checked, "get", spy)
    _run()
    assert len(asked) == 3
    assert None not in asked


def test_a_cache_that_cannot_be_made_is_said_and_stops_nothing(
    cache, monkeypatch, caplog
):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/proc/nope")
    assert compilation_cache.enable() == ""
    assert caplog.messages == [
        "Compiled programs are not kept: /proc/nope/.cache/tsgen_jax/xla cannot be made "
        "(No such file or directory). Every command compiles anew; set "
        "JAX_COMPILATION_CACHE_DIR to a directory that can be written."
    ]
    assert _run()[0].shape == (4,)
    assert _programs(cache) == []


def test_a_full_disk_is_no_error(cache, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    assert _run()[2].shape == (3, 3)
    assert list(cache.iterdir()) == []
