"""Freed memory stays with the process where glibc allows it."""

import os
import platform
import subprocess
import sys

import pytest

_CODE = """
import ctypes, resource
from tsgen_jax.runtime import allocator
print(allocator.keep_freed_memory())
library = ctypes.CDLL(None)
library.malloc.restype = library.memset.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
library.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = library.malloc(ctypes.c_size_t(2**26))
    library.memset(block, 1, 2**26)
    library.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def _run(**settings):
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD"))
    }
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        capture_output=True,
        text=True,
        check=True,
        env=clean | settings,
    )
    told, faults = done.stdout.split()
    return told == "True", int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_a_block_freed_is_not_paged_in_again():
    told, faults = _run()
    assert told
    assert faults < 16  # 2^26 bytes are 16,384 pages, or 32 huge ones.


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_settings_of_the_user_win():
    told, faults = _run(MALLOC_ARENA_MAX="2")
    assert not told
    assert faults >= 32  # At least one for every huge page of 2 MiB.
