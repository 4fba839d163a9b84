"""Pictures of the notebooks: shown where there is a notebook, and kept as files."""

import os
import pathlib
import sys
import tempfile

from matplotlib.figure import Figure

OUT = pathlib.Path(os.environ.get("TSGEN_OUT") or tempfile.mkdtemp(prefix="tsgen-"))
QUICK = bool(os.environ.get("TSGEN_QUICK"))  # Tests: smallest networks, few steps.


def show(figure: Figure, name: str) -> None:
    """Keeps a figure as OUT/name.png and, in a notebook, shows it."""
    path = OUT / f"{name}.png"
    figure.savefig(path, dpi=150)
    if "ipykernel" in sys.modules:
        from IPython.display import Image, display

        display(Image(path))
    else:
        print(f"picture: {path}")
