"""One file per thing that one can run; see default.py for every value.

A file whose name begins with _ is a part of others.
"""
