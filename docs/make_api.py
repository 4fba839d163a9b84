"""Writes docs/api.md: the Python interface, from its docstrings.

python docs/make_api.py           # writes the page
python docs/make_api.py --check   # says whether it is current
"""

import inspect
import pathlib
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
import tsgen_jax  # noqa: E402
from tsgen_jax.api.completed import Completed  # noqa: E402
from tsgen_jax.api.judging import Judged  # noqa: E402

PAGE = ROOT / "docs" / "api.md"
_NAMES = ("load", "fit", "export", "Model", "TimeSeriesGenerator")
_RETURNED = (Completed, Judged)  # Not made by hand: by `Model.complete`, `.evaluate`.
_HEAD = """# Python interface

Written by `python docs/make_api.py` from the docstrings; do not edit this page.
[Using tsgen_jax](use.md) has examples.
"""


def _text(thing) -> str:
    return f"```text\n{inspect.getdoc(thing) or ''}\n```"


def _signature(name: str, thing) -> str:
    parameters = inspect.signature(thing).parameters.values()
    shown = [p.replace(annotation=p.empty) for p in parameters if p.name != "self"]
    call = f"{name}{inspect.Signature(shown)}"
    return "\n".join(textwrap.wrap(call, 88, subsequent_indent="    "))


def _members(kind: type):
    """(name, member) of what a class and its bases here define, by name."""
    for name in sorted(dir(kind)):
        member = inspect.getattr_static(kind, name)
        function = getattr(member, "fget", None) or getattr(member, "func", member)
        here = getattr(function, "__module__", "") or ""
        if not name.startswith("_") and here.startswith("tsgen_jax"):
            yield name, member


def _class(title: str, kind: type) -> list[str]:
    parts = [f"## {title}", _text(kind)]
    for name, member in _members(kind):
        is_method = inspect.isfunction(member)
        parts.append(f"### {kind.__name__}.{name}")
        if is_method:
            parts.append(f"```text\n{_signature(name, member)}\n```")
        parts.append(_text(member))
    return parts


def page() -> str:
    """The whole page."""
    parts = [_HEAD.strip()]
    for name in _NAMES:
        thing = getattr(tsgen_jax, name)
        if inspect.isclass(thing):
            parts += _class(f"tsgen_jax.{name}", thing)
        else:
            parts += [f"## tsgen_jax.{name}"]
            parts += [f"```text\n{_signature(name, thing)}\n```", _text(thing)]
    for kind in _RETURNED:
        parts += _class(kind.__name__, kind)
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Writes or checks the page."""
    if "--check" in sys.argv:
        if PAGE.read_text() != page():
            sys.exit("docs/api.md is old: python docs/make_api.py.")
        return
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
