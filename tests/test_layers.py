"""Imports point one way (the list in README, section Design)."""

import ast
import pathlib

import pytest

import tsgen_jax

_ROOT = pathlib.Path(tsgen_jax.__file__).parent
_LAYERS = [
    {"types", "allocator", "command_line", "stage_settings", "labels", "disk"},
    {
        *("nn", "losses", "sampling", "data", "evaluation", "sharding", "optim"),
        *("run_dir", "inputs", "shared_file"),
    },
    {
        *("models", "checkpoint", "writer", "compilation_cache", "interrupt", "facts"),
        *("stored_config", "in_batches"),
    },
    {"steps", "seeds", "residuals"},
    {"programs", "members"},
    {"tasks", "train"},
    {"networks"},
    {"generator", "judges"},
    {
        *("assess", "checks", "completion", "trained", "sampler_artifact", "stages"),
        "residual_scale",
    },
    {"run_evaluation", "sample_report", "compare_report", "model", "edits"},
    {"run_report", "loading", "model_card"},
    {"pipeline", "exporting"},
    {"estimator"},
    {"commands"},
    {"__main__"},
]
_LEVEL = {room: i for i, layer in enumerate(_LAYERS) for room in layer}


def _room(module: str) -> str:
    return module.split(".")[1]


def _imports(path: pathlib.Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "tsgen_jax":
                found |= {f"tsgen_jax.{alias.name}" for alias in node.names}
            elif node.module.startswith("tsgen_jax."):
                found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith("tsgen_jax.")}
    return found


def _faults(path: pathlib.Path, imports: set[str]) -> list[str]:
    room = path.relative_to(_ROOT).with_suffix("").parts[0]
    others = {_room(name) for name in imports} - {room}
    return [
        f"{path.relative_to(_ROOT)} imports {other}"
        for other in others
        if _LEVEL[other] >= _LEVEL[room]
    ]


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(_ROOT.rglob("*.py")) if p != _ROOT / "__init__.py"],
    ids=lambda p: str(p.relative_to(_ROOT)),
)
def test_imports_point_down(path):
    assert not _faults(path, _imports(path))


def test_an_upward_or_sideways_import_is_found():
    assert _faults(_ROOT / "nn" / "stft.py", {"tsgen_jax.models.vqvae"})
    assert _faults(_ROOT / "tasks" / "prior.py", {"tsgen_jax.train"})
    assert _faults(_ROOT / "losses" / "reconstruction.py", {"tsgen_jax.nn.stft"})
