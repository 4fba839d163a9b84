"""Imports point one way (the list in docs/design.md)."""

import ast
import pathlib

import pytest

import tsgen_jax

_ROOT = pathlib.Path(tsgen_jax.__file__).parent
_LAYERS = [
    {"types", "suggest"},
    {"configs", "data", "nn", "losses", "sampling", "constraints", "runtime", "shown"},
    {"recipe", "runs", "models", "evaluation"},
    {"training"},
    {"stages", "judges"},
    {"generators", "reports"},
    {"checks"},
    {"pipeline"},
    {"api"},
    {"commands"},
]
_TOP = ("__init__", "__main__")  # See all; nothing below sees them.
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


def test_ten_layers_and_few_modules_at_the_root():
    assert len(_LAYERS) == 10
    assert len(list(_ROOT.glob("*.py"))) <= 8


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(_ROOT.rglob("*.py")) if p.parent != _ROOT or p.stem not in _TOP],
    ids=lambda p: str(p.relative_to(_ROOT)),
)
def test_imports_point_down(path):
    assert not _faults(path, _imports(path))


def test_an_upward_or_sideways_import_is_found():
    assert _faults(_ROOT / "nn" / "stft.py", {"tsgen_jax.models.vqvae"})
    assert _faults(_ROOT / "training" / "step.py", {"tsgen_jax.stages.tokenizer"})
    assert _faults(_ROOT / "losses" / "reconstruction.py", {"tsgen_jax.nn.stft"})


def test_no_file_is_over_300_lines():
    top = _ROOT.parent
    rooms = (_ROOT, top / "configs", *(top / n for n in ("benchmarks", "experiments")))
    paths = [top / "main.py", *(p for room in rooms for p in room.rglob("*.py"))]
    assert len(paths) > 200
    long = {str(p.relative_to(top)): len(p.read_text().splitlines()) for p in paths}
    assert {name: count for name, count in long.items() if count > 300} == {}


def test_a_generator_is_one_file_of_at_most_150_lines():
    from tsgen_jax import generators

    paths = {name: _ROOT / "generators" / f"{name}.py" for name in generators.NAMES}
    long = {k: len(p.read_text().splitlines()) for k, p in paths.items()}
    assert {name: count for name, count in long.items() if count > 150} == {}
