"""Lets the process keep the memory it frees.

By default glibc hands large blocks back to the system, which zeroes and maps every
page anew when the next step asks for it: on two CPU cores about a fifth of a training
step. Costs no more than the peak, which a run needs again and again.
"""

import ctypes
import os
import platform

# Numbers of glibc's malloc.h: options of mallopt.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
_SETTINGS = (
    (_ARENA_MAX, 1),  # Or every thread keeps memory of its own.
    (_MMAP_MAX, 0),  # Large blocks, too, come from the heap that is kept.
    (_TRIM_THRESHOLD, 2**31 - 1),
    (_TOP_PAD, 2**26),
)


def keep_freed_memory() -> bool:
    """Changes glibc's malloc for the whole process; call it before jax is imported.

    Returns:
        Whether it did: not on other systems, nor where the user has settings of
        malloc (`MALLOC_*`, `GLIBC_TUNABLES`) or another malloc (`LD_PRELOAD`).
    """
    theirs = [n for n in os.environ if n.startswith("MALLOC_")]
    theirs += [n for n in ("GLIBC_TUNABLES", "LD_PRELOAD") if os.environ.get(n)]
    if theirs or platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return all([library.mallopt(option, value) for option, value in _SETTINGS])
