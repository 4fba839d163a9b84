"""What README and docs/ tell a reader to type, in the order in which they tell it.

Commands and Python of README.md and docs/use.md are run in an empty directory. Training
is replaced: the data are read and the config is checked as ever, and weights drawn at
random are left in place of trained ones, so that later commands have a run. Commands
marked `# minutes` or `# needs` are parsed and their configs are checked.
"""

import copy
import functools
import importlib
import pathlib
import re
import shlex
import sys
import tomllib

import pytest
from absl import flags
from ml_collections import config_flags

import tsgen_jax
from experiments import sweeps
from tests import console, tiny
from tsgen_jax import __main__ as tsgen
from tsgen_jax import checks, generators, pipeline
from tsgen_jax.api import load
from tsgen_jax.commands import settings
from tsgen_jax.configs import default
from tsgen_jax.data.info import DataInfo
from tsgen_jax.judges import JUDGES
from tsgen_jax.reports import glossary
from tsgen_jax.runs import presets
from tsgen_jax.runs.config import override

_ROOT = pathlib.Path(__file__).parents[1]
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]
_PAGES += [_ROOT / "CONTRIBUTING.md"]
_USE = _ROOT / "docs" / "use.md"
_LONG = ("minutes", "needs")
_SMALL = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "quantizer.num_codes": 8,
    "prior.width": 16,
    "prior.num_layers": 1,
    "prior.head_width": 8,
    "sample.num_decode_steps": 2,
    "inpaint.num_decode_steps": 2,
    "sample.batch_size": 16,
}


def _blocks(path):
    """(place, language, text) of every fenced block."""
    found = re.finditer(r"^```(\w+)\n(.*?)^```", path.read_text(), re.M | re.S)
    for match in found:
        line = path.read_text()[: match.start()].count("\n") + 1
        yield f"{path.name}, line {line}", match[1], match[2]


def _commands(text):
    """(words, comment) of every line."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            yield shlex.split(line, comments=True), line.rpartition(" # ")[2].strip()


def _untrained(config, workdir, dataset=None, evaluate=True):
    """Stands for `pipeline.run`: all that comes before training, then random weights."""
    checks.check_config(config)
    checks.check_dataset(config, dataset)
    if workdir.startswith("runs") and not workdir.endswith("building"):
        return  # No later command uses it.
    small = copy.deepcopy(config)
    small.update_from_flattened_dict(_SMALL)
    tiny.write_run(workdir, small, DataInfo.of(dataset))


@functools.cache
def _demo():
    return load.load("demo")


def _load(path, settings=None):
    """`load`, but the demo model is opened, and compiled, once."""
    return load.load(path, settings) if settings or path != "demo" else _demo()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory like a checkout's, in which nothing trains."""
    (tmp_path / "configs").symlink_to(_ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "run", _untrained)
    monkeypatch.setattr(tsgen_jax, "load", _load)
    return tmp_path


class _Reader:
    """Somebody who types what a page says."""

    def __init__(self, monkeypatch, capsys):
        self.monkeypatch, self.capsys, self.names = monkeypatch, capsys, {}

    def read(self, blocks):
        for where, language, text in blocks:
            if language == "python":
                exec(compile(text, where, "exec"), self.names)
                continue
            assert language == "sh", f"{where}: {language} is not checked"
            for words, comment in _commands(text):
                fault = self._type(words, comment.startswith(_LONG), "needs" in comment)
                said = self.capsys.readouterr().err
                assert not fault, f"{where}: {shlex.join(words)}: {fault} {said}"

    def _type(self, words, long, needs):
        """What is wrong with a command; '' for nothing."""
        program, *rest = words
        if program == "tsgen" and (not long or rest[0] == "train" and not needs):
            code = console.run(self.monkeypatch, *rest)
            return f"ends with {code}" if code else ""
        known = {"tsgen": _parse, "python": _check_python, "make": _check_make}
        known["pip"] = _check_pip
        if program not in known:
            return "is no command that this test knows"
        if program != "pip" and not long:
            return f"is not run here: mark it with one of {_LONG}"
        return known[program](rest) or ""


def _parse(words):
    """Options and --set of a command that is not run."""
    args, _ = tsgen._parse(words)
    if args.command == "train":
        config = presets.load(args.config)
        override(config, settings.parse_set(args.set), tuple(config))
        checks.check_config(config)
    elif getattr(args, "data", None):
        settings.default_config(args, settings.parse_set(args.set))
    elif getattr(args, "set", None):
        sections = settings.SECTIONS
        override(default.get_config(), settings.parse_set(args.set), sections)


def _check_python(words):
    script, *options = words
    if script == "-m":
        return _check_module(*options)
    if script != "main.py":
        sources = [(_ROOT / script).read_text()]
        for line in re.findall(
            r"^from experiments import ([\w, ]*\w)", sources[0], re.M
        ):
            beside = (_ROOT / "experiments" / f"{n}.py" for n in line.split(", "))
            sources += [path.read_text() for path in beside if path.exists()]
        for name in re.findall(r"^from experiments\.(\w+) import", sources[0], re.M):
            beside = _ROOT / "experiments" / f"{name}.py"
            sources += [beside.read_text()] if beside.exists() else []
        source = "".join(sources)
        names = [o.partition("=")[0] for o in options if o.startswith("--")]
        return "".join(f"{n} is unknown. " for n in names if f'"{n}"' not in source)
    values = flags.FlagValues()
    config = config_flags.DEFINE_config_file("config", flag_values=values)
    for name in ("workdir", "reuse", "coordinator", "num_processes", "process_id"):
        flags.DEFINE_string(name, None, "", flag_values=values)
    for name in ("distributed", "report"):
        flags.DEFINE_bool(name, False, "", flag_values=values)
    before, sys.argv = sys.argv, words  # Overrides are read from there.
    try:
        values(words)
        checks.check_config(config.value)
    finally:
        sys.argv = before


def _check_module(name, *options):
    """Options of a module of experiments/, and the sweep that a launch names."""
    place = _ROOT / name.replace(".", "/")
    sources = [*place.glob("*.py")] if place.is_dir() else [place.with_suffix(".py")]
    text = "".join(path.read_text() for path in sources)
    names = [o.partition("=")[0] for o in options if o.startswith("--")]
    wrong = "".join(f"{n} is unknown. " for n in names if f'"{n}"' not in text)
    if name == "experiments.launch" and options[0] not in sweeps.names():
        wrong += f"there is no sweep {options[0]}"
    return wrong


def _check_make(words):
    made = re.findall(r"^([\w-]+):", (_ROOT / "Makefile").read_text(), re.M)
    return "".join(f"there is no target {w}" for w in words if w not in made)


def _check_pip(words):
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    asked = re.findall(r"\[([\w,]+)\]", " ".join(words))
    extras = [name for names in asked for name in names.split(",")]
    known = project["optional-dependencies"]
    return "".join(f"there is no extra {e}" for e in extras if e not in known)


def test_commands_and_python_of_use_run(place, monkeypatch, capsys):
    _Reader(monkeypatch, capsys).read(_blocks(_USE))
    left = ("building.png", "filled.csv", "bands.csv", "draws.csv", "tomorrow.csv")
    assert all((place / name).stat().st_size for name in left)


def test_commands_and_python_of_the_readme_run(place, monkeypatch, capsys):
    reader = _Reader(monkeypatch, capsys)
    reader.read([next(_blocks(_USE))])  # Files under the names that it uses.
    reader.read(_blocks(_ROOT / "README.md"))
    assert (place / "demo.png").exists()
    assert (place / "new_days.csv").exists()
    assert reader.names["future"].shape == (20, 8, 24, 1)


def test_commands_of_the_other_pages_parse(place, monkeypatch, capsys):
    reader = _Reader(monkeypatch, capsys)
    for path in _PAGES:
        for where, language, text in _blocks(path):
            if language == "sh" and path.name not in ("README.md", "use.md"):
                commands = [w for w, _ in _commands(text)]
                lines = "".join(f"{shlex.join(w)} # needs\n" for w in commands)
                reader.read([(where, "sh", lines)])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tsgen sample --run=demo --nmu=1 --out=x.csv", "nmu"),
        ("tsgen evaluate --data=GunPoint --set nothing=1 # minutes", "nothing"),
        (
            "python main.py --config=configs/smoke.py --config.nothing=1 # minutes",
            "not",
        ),
        ("python examples/fill_gaps.py --nothing # minutes", "unknown"),
        ("python -m experiments.launch rim --nothing # minutes", "unknown"),
        ("python -m experiments.launch ring # minutes", "no sweep"),
        ("make everything # minutes", "no target"),
        ("pip install 'x[everything]'", "no extra"),
        ("make run", "mark it"),
        ("sudo make", "no command"),
    ],
)
def test_a_command_that_is_wrong_is_found(line, words, place, monkeypatch, capsys):
    with pytest.raises((Exception, SystemExit)) as found:
        _Reader(monkeypatch, capsys).read([("here", "sh", line)])
    assert words in str(found.value) + capsys.readouterr().err


def test_every_option_is_in_use():
    text = _USE.read_text()
    _, commands = tsgen._parser()
    for name, parser in commands.items():
        assert f"tsgen {name}" in text
        options = set(parser._option_string_actions) - {"-h", "--help"}
        missing = {o for o in options if not re.search(rf"{o}\b", text)}
        assert not missing, name


def test_the_readme_is_short_and_its_table_has_every_config():
    text = (_ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    for name in (*presets.names(), *generators.NAMES):
        assert name == "default" or f"`{name}" in text or f"'{name}'" in text, name


@pytest.mark.parametrize("path", _PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    text = path.read_text()
    assert text.startswith("# ")
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
        if target.startswith("http"):
            continue
        other = path.parent / target if target else path
        assert other.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", other.read_text(), re.M)
            slugs = {
                re.sub(r"[^\w\- ]", "", h).lower().replace(" ", "-") for h in heads
            }
            assert anchor in slugs, anchor


def test_the_readme_names_every_page():
    text = (_ROOT / "README.md").read_text()
    for path in _PAGES[1:-1]:
        assert f"docs/{path.name}" in text
    assert tsgen_jax.__version__ in (_ROOT / "CHANGELOG.md").read_text()
    assert f"version: {tsgen_jax.__version__}" in (_ROOT / "CITATION.cff").read_text()


def test_every_score_and_judge_is_explained():
    text = (_ROOT / "docs" / "judging.md").read_text()
    assert text.startswith("# Judging\n")
    missing = {n for n in (*glossary.ENTRIES, *JUDGES) if f"`{n}`" not in text}
    assert not missing


@pytest.mark.parametrize("path", _PAGES, ids=lambda p: p.name)
def test_files_that_are_named_are_there(path):
    named = set(re.findall(r"`([\w/]+/\w+\.(?:py|json|png))`", path.read_text()))
    places = [_ROOT / p for p in ("", "tsgen_jax", "tsgen_jax/evaluation")]
    made = {"evaluation/scores.json", "residual_scale/done.json"}  # By a run.
    named = {name for name in named if "NAME" not in name}  # Of any file.
    missing = {n for n in named if not any((p / n).exists() for p in places)}
    assert missing <= made


def test_the_api_page_is_what_its_program_writes(monkeypatch):
    monkeypatch.syspath_prepend(str(_ROOT / "docs"))
    make_api = importlib.import_module("make_api")
    written = make_api.PAGE.read_text()
    assert written == make_api.page(), "run: python docs/make_api.py"
    assert "### Model.impute" in written
    assert "### TimeSeriesGenerator.fit" in written
