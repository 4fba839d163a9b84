"""The comments of configs/_common.py and configs/default.py, by key: what --help says beside each value.

Read from the source with the standard library's tokeniser, so that help needs no jax
and a meaning stands in one place only.
"""

import ast
import io
import re
import tokenize

_ANY = "*"  # Stands for the name of a section that a function is called for.


def read_all() -> dict[str, str]:
    """`read` of what every run has, and of configs/default.py."""
    from tsgen_jax.configs import _common, default

    found = {}
    for module in (_common, default):
        with open(module.__file__) as file:
            found |= read(file.read())
    return found


def read(source: str) -> dict[str, str]:
    """Dotted key -> comment or '', in order, of assignments to `config.KEY` and alike.

    A comment is what stands behind the value and on the comment lines right above it.
    Keys of a section that a function makes under a name of its own, such as `train` in
    `_train`, are under 'train.*.KEY'.
    """
    comments = _comments(source)
    lines = source.splitlines()
    nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Assign)]
    found = {}
    for node in sorted(nodes, key=lambda node: node.lineno):
        key = _key(node.targets[0])
        if key is None:
            continue
        said = [
            comments.get(line, "") for line in range(node.lineno, node.end_lineno + 1)
        ]
        above = node.lineno - 1
        while above >= 1 and re.match(r"\s*#", lines[above - 1]):
            said.insert(0, comments[above])
            above -= 1
        found.setdefault(key, " ".join(filter(None, said)))
    return found


def of(comments: dict[str, str], key: str) -> str:
    """The comment of a key; '' where there is none."""
    return comments.get(key) or comments.get(_template(key), "")


def in_order(comments: dict[str, str], keys: list[str]) -> list[str]:
    """Keys in the order of the source; sections stay together, those of none first."""
    place = {key: i for i, key in enumerate(comments)}
    sections = list(dict.fromkeys(key.partition(".")[0] for key in comments))

    def rank(key):
        section = key.partition(".")[0] if "." in key else ""
        before = sections.index(section) if section in sections else -1
        return before, place.get(key, place.get(_template(key), len(place)))

    return sorted(keys, key=rank)


def _template(key: str) -> str:
    """'train.*.patience' of 'train.prior.patience'."""
    first, _, rest = key.partition(".")
    return f"{first}.{_ANY}.{rest.partition('.')[2]}"


def _key(target: ast.expr) -> str | None:
    """'data.window' of `config.data.window`, 'train.*.patience' of `train.patience`."""
    parts = []
    while isinstance(target, ast.Attribute):
        parts.insert(0, target.attr)
        target = target.value
    if not parts or not isinstance(target, ast.Name):
        return None
    head = [] if target.id == "config" else [target.id, _ANY]
    return ".".join([*head, *parts])


def _comments(source: str) -> dict[int, str]:
    """Line number -> the text of its comment."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }
