"""An environment of its own for PyTorch: nothing of it enters ours."""

import json
import os
import pathlib
import subprocess
import sys

TORCH = "torch==2.13.0"
_NEEDS = ("numpy", "einops>=0.8.2", "pyyaml")
_TIMEVQVAE = "timevqvae==1.0.1"
_NOTE = "peer.json"


def _pip(python: str, *args: str) -> None:
    command = [python, "-m", "pip", "install", "--quiet", *args]
    subprocess.run(command, check=True)


def ensure(directory: str, torch_spec: str) -> str:
    """The environment's Python; makes it and installs what is missing.

    `timevqvae` declares Python >= 3.12 and numpy >= 2.4.2 but runs with 3.11 and
    older ones; it is installed without these conditions. Where that fails, the
    benchmark goes on without it.

    Args:
        directory: where it is, or is to be.
        torch_spec: what pip is told to install, such as 'torch==2.13.0'.

    Raises:
        SystemExit: pip failed, or the environment was made with another torch.
    """
    folder = pathlib.Path(directory)
    python = os.path.abspath(folder / "bin" / "python")
    note = folder / _NOTE
    if note.exists():
        made_with = json.loads(note.read_text())["torch"]
        if made_with != torch_spec:
            raise SystemExit(
                f"{directory} was made with {made_with}, not {torch_spec}: give another "
                "--peer-env, or remove it."
            )
        return python
    print(f"Making {directory} with {torch_spec}; this happens once.", flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        _pip(python, torch_spec, *_NEEDS)
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"No environment for PyTorch ({error}). Give --torch-spec, or with "
            "--peer-python a Python that has torch, or --sides ours."
        ) from error
    try:
        _pip(python, "--no-deps", "--ignore-requires-python", _TIMEVQVAE)
    except subprocess.CalledProcessError:
        print(f"{_TIMEVQVAE} did not install; it will not be measured.", flush=True)
    note.write_text(json.dumps({"torch": torch_spec}) + "\n")
    return python
