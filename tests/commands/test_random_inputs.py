"""Inputs spoilt at random: an answer or an error in words, soon, and no file left.

Seeded: input number n is the same today and tomorrow. Each is a whole file of one kind,
changed in one to three ways, and read with options drawn at random.
"""

import io
import json
import random
import signal
import time
import warnings

import numpy as np
import pytest

import tsgen_jax
from tests import console
from tests.runs.test_model_file import _members, _signed, _write
from tsgen_jax.api import export

_SECONDS = 10.0
_EACH = 10  # Inputs of a test.
_NORMAL, _ALL = range(48 // _EACH + 1), range(240 // _EACH)
_CELLS = (
    *(
        "",
        " ",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "1e-400",
        "null",
        "#N/A",
        "-",
        "?",
    ),
    *("1,5", "1.000,5", "10,000.5", "1 000", "0x1f", "1e", "--1", "5 kg", "12%", "−3"),
    *("2020-01-01", "01/13/2020", "31.12.1999", "noon", "25:61", "1999-02-30", "now"),
    *(
        '"',
        "'",
        '"open',
        "a;b",
        "\t",
        "\\n",
        "=1+2",
        "@x",
        "\x00",
        "\ufeff",
        "é",
        "日本",
    ),
    *("9" * 400, "x" * 3000, "1" + "0" * 30, "True", "None", "label", "id", "t0"),
)
_OPTIONS = (
    *("--window=8", "--window=24", "--window=1", "--window=0", "--window=10**9"),
    *("--window=-3", "--stride=2", "--stride=0", "--label=label", "--label=1"),
    *("--label=none", "--label=zz", "--id=id", "--id=1", "--time=time", "--time=2"),
    *("--channels=a", "--channels=a+b", "--channels=", "--layout=wide"),
    *("--layout=long", "--layout=series", "--header=yes", "--header=no"),
    *("--missing=error", "--missing=interpolate", "--scaling=robust"),
    *("--scaling=quantile", "--set=data.test_fraction=0.9"),
    "--set=data.validation_fraction=0",
)


def _rows(rng, kind):
    x = [[f"{rng.gauss(0, 1):.4f}" for _ in range(24)] for _ in range(12)]
    match kind:
        case "wide":
            head = [f"t{i}" for i in range(24)] + ["label"]
            return [head] + [[*row, "ab"[i % 2]] for i, row in enumerate(x)]
        case "long":
            cells = [
                [f"s{i}", str(t), v, row[-t]]
                for i, row in enumerate(x)
                for t, v in enumerate(row)
            ]
            return [["id", "time", "a", "b"], *cells]
        case "dated":
            days = np.arange("2021-01-01", "2021-05-01", dtype="datetime64[D]")
            return [["time", "a", "b"]] + [[str(d), *x[0][:2]] for d in days]
    return x  # "bare"


def _spoil_rows(rng, rows):
    """Changes cells, rows or columns of a table."""
    row = rng.randrange(len(rows))
    column = rng.randrange(max(len(rows[row]), 1))
    match rng.randrange(9):
        case 0 | 1 | 2:
            rows[row][column : column + 1] = [rng.choice(_CELLS)]
        case 3:
            for other in rows:
                other[column : column + 1] = [rng.choice(_CELLS)]
        case 4:
            del rows[row]
        case 5:
            del rows[row][column:]
        case 6:
            rows.insert(row, list(rows[rng.randrange(len(rows))]))
        case 7:
            rng.shuffle(rows)
        case 8:
            rows[row] = [rng.choice(_CELLS) for _ in range(rng.randrange(40))]
    return rows or [[]]


def _spoil_bytes(rng, data):
    """Changes bytes, wherever they are."""
    data = bytearray(data)
    at = rng.randrange(len(data) + 1)
    match rng.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[at:]
        case 2:
            return data + data
        case 3:
            data[at:at] = rng.randbytes(rng.randrange(1, 40))
        case 4:
            for _ in range(rng.randrange(1, 20)):
                if data:
                    data[rng.randrange(len(data))] = rng.randrange(256)
        case 5:
            del data[at : at + rng.randrange(1, 200)]
    return data


def _text(rng):
    rows = _rows(rng, rng.choice(("wide", "long", "dated", "bare")))
    for _ in range(rng.randrange(4)):
        rows = _spoil_rows(rng, rows)
    cut = rng.choice((",", ",", ";", "\t", "|", " "))
    end = rng.choice(("\n", "\n", "\r\n", "\r"))
    text = end.join(cut.join(row) for row in rows) + end
    coding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1", "utf-8-sig"))
    return rng.choice((".csv", ".tsv", ".txt")), text.encode(coding, errors="replace")


def _arrays(rng):
    shape = rng.choice(
        ((12, 24), (12, 24, 2), (200,), (200, 2), (0, 5), (2, 2, 2, 2), ())
    )
    x = np.random.default_rng(rng.randrange(100)).normal(size=shape)
    x = x.astype(rng.choice(("f8", "f4", "i4", "i1", "?", "c8", "U3", "S3", "f2")))
    label = rng.choice((np.arange(12) % 2, np.arange(3), np.array(["a"] * 12), x))
    buffer = io.BytesIO()
    if rng.random() < 0.4:
        np.save(buffer, x)
        return ".npy", buffer.getvalue()
    names = rng.choice((("x", "label"), ("x", "y"), ("data", "z"), ("x", "x2")))
    save = rng.choice((np.savez, np.savez_compressed))
    save(buffer, **dict(zip(names, (x, label), strict=True)))
    return ".npz", buffer.getvalue()


def _ts(rng):
    lines = ["@problemName p", "@timeStamps false", "@classLabel true a b", "@data"]
    for i in range(8):
        values = ",".join(f"{rng.gauss(0, 1):.3f}" for _ in range(20))
        lines.append(f"{values}:{'ab'[i % 2]}")
    for _ in range(rng.randrange(3)):
        lines[rng.randrange(len(lines))] = rng.choice((*_CELLS, "@data", "1,2:3:4:a"))
    return ".ts", "\n".join(lines).encode(errors="replace")


def _make(number, directory):
    """Writes input `number`; its path and options."""
    rng = random.Random(number)
    suffix, data = rng.choice((_text, _text, _text, _arrays, _ts))(rng)
    if rng.random() < 0.4:
        data = _spoil_bytes(rng, data)
    if rng.random() < 0.1:
        suffix = rng.choice((".csv", ".npz", ".npy", ".ts", ".parquet", ".xlsx", ""))
    path = directory / f"in{suffix}"
    path.write_bytes(data)
    return path, rng.sample(_OPTIONS, rng.randrange(4))


class _HangError(Exception):
    """The input took too long."""


def _stop(*_):
    raise _HangError


def _answer(number, directory, monkeypatch, capsys):
    """What is wrong with the answer to input `number`; '' where nothing is."""
    path, options = _make(number, directory)
    before = {p: p.read_bytes() for p in directory.rglob("*")}
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)  # Of this process, not of others.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = console.run(monkeypatch, "data", path, *options)
    except BaseException as error:
        return f"{error!r:.300}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    out, said = capsys.readouterr()
    after = {p: p.read_bytes() for p in directory.rglob("*")}
    path.unlink()
    if after != before:
        return f"files were left: {sorted(map(str, after.keys() - before.keys()))}"
    if code not in (0, 1, 2) or "Traceback" in said or (code and not said.strip()):
        return f"code {code}: {said[-300:]}"
    return "" if code or out.strip() else "nothing is said"


@pytest.mark.parametrize(
    "block",
    [b if b in _NORMAL else pytest.param(b, marks=pytest.mark.slow) for b in _ALL],
)
def test_random_data_end_in_words(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    faults = {}
    for number in range(_EACH * block, _EACH * (block + 1)):
        directory = tmp_path / str(number)
        directory.mkdir()
        if fault := _answer(number, directory, monkeypatch, capsys):
            faults[number] = fault
    assert not faults


@pytest.fixture(scope="module")
def model_members(tiny_model, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("random") / "model.tsgen")
    export.export(tiny_model, path, with_sampler=False)
    return _members(path)


def _spoil_text(rng, text):
    """A value somewhere in JSON becomes another one."""
    try:
        value = json.loads(text)
    except ValueError:  # It was spoilt before.
        return text
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return text
        key = rng.choice(keys)
        if not isinstance(place[key], dict | list) or rng.random() < 0.2:
            break
        place = place[key]
    choices = (
        0,
        -1,
        10**9,
        10**30,
        0.5,
        1e308,
        float("nan"),
        "x",
        "",
        None,
        True,
        [],
        {},
    )
    place[key] = rng.choice(choices)
    return json.dumps(value).encode()


def _make_model(number, members, directory):
    rng = random.Random(1000 + number)
    names = [name for name in members if name != "manifest.json"]
    for _ in range(rng.randrange(1, 3)):
        name = rng.choice(names)
        match rng.randrange(4):
            case 0:
                members.pop(name, None)
            case 1:
                members[name] = bytes(_spoil_bytes(rng, members.get(name, b"")))
            case _:
                name = rng.choice(("config.json", "facts.json", "sampling.json"))
                members[name] = _spoil_text(rng, members.get(name, b"{}"))
    path = _write(directory / "m.tsgen", _signed(members))
    if rng.random() < 0.3:
        with open(path, "rb") as file:
            data = _spoil_bytes(rng, file.read())
        with open(path, "wb") as file:
            file.write(data)
    return path


@pytest.mark.parametrize("num", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_random_model_files_end_in_words(num, model_members, tmp_path):
    faults, refused = {}, 0
    for number in range(num):
        path = _make_model(number, dict(model_members), tmp_path)
        started = time.process_time()
        try:
            tsgen_jax.load(path)
        except ValueError as error:
            refused += 1
            if path not in str(error):
                faults[number] = f"does not name the file: {error!r:.300}"
        except Exception as error:
            faults[number] = f"{error!r:.300}"
        if time.process_time() - started > _SECONDS:
            faults[number] = "it took too long"
    assert not faults
    assert refused > num // 2
    assert [p.name for p in tmp_path.iterdir()] == ["m.tsgen"]
