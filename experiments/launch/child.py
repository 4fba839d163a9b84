"""Starts a command that ends with its parent: python child.py CORES COMMAND ...

CORES: numbers joined by ',', of the cores it may use; '-' for all of its parent's.
When the parent dies, however it dies, the kernel (Linux) sends the command SIGTERM: a
run then writes a checkpoint and frees its directory.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """Becomes the command."""
    cores, *command = argv
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # It died before the kernel was told.
            sys.exit(1)
        if cores != "-":
            os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
