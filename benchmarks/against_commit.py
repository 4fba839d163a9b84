"""Is a step slower than it was? Times this tree against an earlier commit, in turn.

  python benchmarks/against_commit.py 8d5c228      # about 5 minutes on two cores
  python benchmarks/against_commit.py HEAD --cases=stage2 --shapes gunpoint

Checks the commit out into a temporary folder (a git worktree, removed afterwards) and
runs the benchmark's own programs of both: the compiled steps of stage 1 and 2 and
decoding, with the same settings in the same environment, compiled by each. Printed are
medians over rounds with 95 % intervals and the floor, see `benchmarks/pairs.py`.

Leaves experiments/results/against-<commit>-<machine kind>.json. Ends with code 1 where
a case is slower by more than 3 %: its whole interval is, in time and processor time.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from benchmarks import cases, pairs, shapes, turns  # noqa: E402

_CASES = "stage1,stage2,decode"
_SHAPES = ("gunpoint", "64,500,1,2")
_LARGEST = 1.03  # A ratio above is called slower.
_CONFIGS = """
import json
from {package} import cases
made = cases.make_cases([0], dict())
print(json.dumps({{name: case.config for name, case in made.items()}}))
"""


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit", help="the earlier one")
    add = parser.add_argument
    add("--cases", default=_CASES, help="as of benchmark.py")
    about = "as of benchmark.py; default: GunPoint's, and 64 series of FordA's length"
    add("--shapes", nargs="+", default=_SHAPES, help=about)
    pairs.add_arguments(parser)
    args = parser.parse_args(argv)
    try:
        args.shapes = [shapes.parse(text)[1] for text in args.shapes]
        args.cases = cases.pick(cases.make_cases([0], {}), args.cases)
    except ValueError as error:
        parser.error(str(error))
    return args


@contextlib.contextmanager
def checkout(commit: str):
    """The files of a commit, in a folder that is removed afterwards.

    Raises:
        SystemExit: there is no such commit.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder, "tree")
        try:
            _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{commit}: {error.stderr.strip()}") from None
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def package_of(tree: pathlib.Path) -> str:
    """Where a tree's benchmark is; it was moved once.

    Raises:
        SystemExit: nowhere.
    """
    for name in ("benchmarks", "experiments"):
        if (tree / name / "child.py").exists():
            return name
    raise SystemExit("The commit has no benchmark: benchmarks/child.py is missing.")


def configs_of(tree: pathlib.Path) -> dict[str, dict]:
    """Case -> config, as the tree's own benchmark has them."""
    command = [sys.executable, "-c", _CONFIGS.format(package=package_of(tree))]
    place = {"cwd": tree, "env": turns.environment(tree)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, **place)
    return json.loads(done.stdout)


def same_settings(then: dict, now: dict) -> tuple[dict, dict]:
    """The older config with this tree's values where both have the key.

    Returns:
        config: of the commit.
        changed: dotted key -> [the commit's own value, this tree's].
    """
    config, changed = {}, {}
    for key, value in then.items():
        other = now.get(key, value)
        if isinstance(value, dict) and isinstance(other, dict):
            config[key], inner = same_settings(value, other)
            changed |= {f"{key}.{name}": pair for name, pair in inner.items()}
        else:
            config[key] = other
            changed |= {key: [value, other]} if other != value else {}
    return config, changed


def main(argv: list[str]) -> None:
    """Measures all cases."""
    args = parse(argv)
    pairs.end_in_order()
    then = _git("rev-parse", "--short=12", f"{args.commit}^{{commit}}")
    head = {"command": pairs.command_of("against_commit", argv)}
    head |= {"then": then, **pairs.facts(args)}
    path = pairs.path_of(args, f"against-{then[:7]}")
    entries = []
    print(pairs.HEAD.format("now", "then"), flush=True)
    with checkout(args.commit) as tree:
        trees = {"now": ROOT, "then": tree}
        configs = {side: configs_of(each) for side, each in trees.items()}

        def start(side: str) -> turns.Process:
            code = {"tree": trees[side], "package": package_of(trees[side])}
            how = args.threads, "cpu", args.patience
            return turns.Process("ours", sys.executable, *how, **code)

        for shape in args.shapes:
            for case in args.cases:
                now = configs["now"][case.name]
                if case.name not in configs["then"]:
                    print(f"{case.name}: the commit has no such case.")
                    continue
                older, changed = same_settings(configs["then"][case.name], now)
                job = cases.make_job(case, shape)
                jobs = {"now": {**job, "config": now}, "then": {**job, "config": older}}
                about = f"{case.name}, L = {shape.length}"
                entry = pairs.measured(about, start, jobs, args)
                said = {"case": f"{case.name}-{shape.length}", "shape": vars(shape)}
                entries.append({**said, "changed": changed, **entry})
                pairs.write(path, head, entries)
    print(f"Written to {path}.")
    slow = [each["case"] for each in entries if pairs.is_slower(each, _LARGEST)]
    if slow:
        raise SystemExit(f"Over 3 % slower than {then}: {', '.join(slow)}.")


if __name__ == "__main__":
    main(sys.argv[1:])
