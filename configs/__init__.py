"""One file per thing that one can run; see default.py for every value."""
