"""The subcommands of `tsgen`, one module each.

A module has `NAME`, `HELP`, `add_arguments(parser)` and `run(args)`; what is slow to
import is imported in `run`, so that --help answers at once.
"""
