"""Names that help lists: configs, methods, augmentations, score groups and judges.

Read from the default config and from docstrings, without importing jax.
"""

import ast
import os
import textwrap

from tsgen_jax import configs as configs_package
from tsgen_jax.runs import presets

_WIDTH = 88


def configs() -> dict[str, str]:
    """Name of every packaged config -> the first sentence of its docstring."""
    found = {}
    for name in presets.names():
        with open(os.path.join(configs_package.__path__[0], f"{name}.py")) as file:
            said = ast.get_docstring(ast.parse(file.read())) or ""
        found[name] = " ".join(said.split("\n\n")[0].split())
    return found


def methods() -> tuple[str, ...]:
    """Values of ssl.method, which are arguments of the config ssl_vqvae as well."""
    from tsgen_jax.configs import default

    return default.methods()


def augmentations() -> tuple[str, ...]:
    """Names for augment.names."""
    from tsgen_jax.configs import default

    sections = default.get_config().augment
    return tuple(
        sorted(key for key, value in sections.items() if hasattr(value, "keys"))
    )


def groups() -> tuple[str, ...]:
    """Groups of scores: names for evaluation.scores, whose default is all of them."""
    from tsgen_jax.configs import default

    return tuple(default.get_config().evaluation.scores.split("+"))


def of_training(by: str = "--set ") -> str:
    """What help of training lists; `by` is how the command sets a key of the config."""
    lines = ["configs, for --config:"]
    width = max(map(len, configs()))
    for name, said in configs().items():
        lines += _item(f"{name:{width}}", said)
    lines += _item("ssl_vqvae:METHOD", f"self-supervised loss: {', '.join(methods())}")
    lines += [
        "",
        f"augmentations, for {by}augment.names=A+B (gauss, slice and warp, or):",
    ]
    lines += _item("", ", ".join(augmentations()))
    return "\n".join(lines) + "\n"


def of_judging(by: str = "--set ") -> str:
    """What help of judging lists; `by` as above."""
    from tsgen_jax.judges import JUDGES

    lines = [f"groups of scores, for {by}evaluation.scores=A+B:"]
    lines += _item("", ", ".join(groups()))
    lines += ["", f"judges, for {by}evaluation.judges=A+B:"]
    lines += _item("", ", ".join(JUDGES))
    return "\n".join(lines) + "\n"


def _item(name: str, said: str) -> list[str]:
    head = f"  {name}  " if name.strip() else "  "
    return textwrap.wrap(
        said, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
    )
