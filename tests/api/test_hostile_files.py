"""Model files made to harm: one ValueError with the file's name, soon and in little memory."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

import tsgen_jax
from tests.runs.test_model_file import _members, _signed, _write
from tsgen_jax.api import export
from tsgen_jax.runs import model_file

_DEEP = b"[" * 1000 + b"]" * 1000
_STD = "weights/residual/std.npy"
_CODES = "weights/prior/codes.npy"


@pytest.fixture(scope="module")
def members(tiny_model, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("hostile") / "model.tsgen")
    export.export(tiny_model, path, with_sampler=False)
    return _members(path)


def _set(key, value, name="config.json"):
    """Members with one value of a text changed."""

    def change(members):
        text = json.loads(members[name])
        section, *path = text, *key.split(".")
        for part in path[:-1]:
            section = section[part]
        section[path[-1]] = value
        return members | {name: json.dumps(text).encode()}

    return change


def _fact(key, value):
    return _set(key, value, "facts.json")


def _put(name, data):
    return lambda members: members | {name: data}


def _npy(shape, descr="<f4", data=b""):
    buffer = io.BytesIO()
    fields = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue() + data


def _with(name, at, value):
    """An array of the file with one value changed."""

    def change(members):
        array = np.load(io.BytesIO(members[name])).copy()
        array.reshape(-1)[at] = value
        return members | {name: model_file.to_npy(array)}

    return change


_SIGNED = {  # What: (change of members, which are then listed as right; words).
    "a config that is no object": (_put("config.json", b"[1, 2]"), "config.json"),
    "a config of one word": (_put("config.json", b'"x"'), "config.json"),
    "facts that are no object": (_put("facts.json", b"3"), "facts.json"),
    "metrics that are no object": (_put("metrics.json", b"[]"), "metrics.json"),
    "metrics of words": (_put("metrics.json", b'{"a": "b"}'), "metrics.json"),
    "a config nested deep": (_put("config.json", _DEEP), "config.json is no JSON"),
    "facts nested deep": (_put("facts.json", b"[" * 10**6), "facts.json is no JSON"),
    "a number of 10,000 digits": (_put("config.json", b"9" * 10_000), "no JSON"),
    "a section of a number": (_set("tokenizer", 3), "another version"),
    "an absent section": (_set("prior", {}), "lacks prior"),
    "100,000 blocks": (_set("tokenizer.num_res_blocks", 10**5), "num_res_blocks"),
    "100,000 layers": (_set("prior.num_layers", 10**5), "num_layers"),
    "100 layers": (_set("prior.num_layers", 100), "too few for the 101 layers"),
    "a width of 10^18": (_set("prior.width", 10**18), "prior.width"),
    "a width of 400 digits": (_set("tokenizer.width", 10**400), "tokenizer.width"),
    "10^9 rounds": (_set("sample.num_decode_steps", 10**9), "num_decode_steps"),
    "10^9 rounds to impute": (_set("inpaint.num_rounds", 10**9), "num_rounds"),
    "10^12 codes": (_set("quantizer.num_codes", 10**12), "num_codes"),
    "a batch of 0": (_set("sample.batch_size", 0), "batch_size=0"),
    "a batch of a word": (_set("sample.batch_size", "x"), "batch_size='x'"),
    "a batch of true": (_set("sample.batch_size", True), "batch_size=True"),
    "a hop of 0": (_set("stft.hop", 0), "stft.hop=0"),
    "a window of 10^9": (_set("stft.window_size", 10**9), "too short"),
    "guidance that is no number": (_set("sample.guidance_scale", float("nan")), "nan"),
    "guidance without end": (_set("sample.guidance_scale", float("inf")), "inf"),
    "an unknown precision": (_set("precision", "float7"), "float7"),
    "an unknown schedule": (_set("sample.schedule", "x"), "sample.schedule"),
    "no scales": (_set("sample.residual_scales", {}), "residual_scales"),
    "a series of 10^9": (_fact("length", 10**9), "1000000000 time points"),
    "10^9 channels": (_fact("num_channels", 10**9), "channels"),
    "a length of half": (_fact("length", 24.5), "whole numbers"),
    "a length of true": (_fact("length", True), "whole numbers"),
    "a negative length": (_fact("length", -24), "whole numbers"),
    "no classes": (_fact("classes", []), "0 classes"),
    "classes that are null": (_fact("classes", None), "facts.json"),
    "no scaler": (_fact("scaler", None), "facts.json"),
    "a scaler of nested lists": (
        _fact("scaler", {"kind": "end", "values": {}}),
        "json",
    ),
    "a scaler of NaN": (_fact("scaler.mean", [float("nan")] * 2), "facts.json"),
    "a scaler of 3 channels": (
        _fact("scaler", {"mean": [0, 0, 0], "std": [1, 1, 1]}),
        "3 channels",
    ),
    "an array of 10^12 values": (_put(_CODES, _npy((10**12,))), "codes.npy"),
    "a shape of booleans": (_put(_CODES, _npy((True, 8), data=bytes(32))), "its shape"),
    "an array of objects": (_put(_CODES, _npy((8, 8), "|O", bytes(512))), "objects"),
    "a larger array": (_put(_CODES, _npy((2**20,), data=bytes(2**22))), "at most"),
    "weights that are NaN": (_with(_CODES, 3, np.nan), "codes.npy holds values that"),
    "residuals that are NaN": (_with(_STD, 0, np.nan), "std.npy holds values that"),
    "residuals without end": (_with(_STD, 5, np.inf), "std.npy holds values that"),
    "a member of no use": (_put("weights/prior/more.npy", b"x"), "more.npy has no use"),
    "a program of no use": (_put("setup.py", b"x"), "setup.py has no use"),
}


@pytest.mark.parametrize("what", _SIGNED)
def test_a_member_that_harms_is_told(what, members, tmp_path):
    change, words = _SIGNED[what]
    path = _write(tmp_path / "model.tsgen", _signed(change(dict(members))))
    started = time.monotonic()
    with pytest.raises(ValueError, match=words) as error:
        tsgen_jax.load(path)
    assert path in str(error.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b'{"format": 3, "sha256": null}', "lists no SHA-256"),
        (b'{"format": 3}', "lists no SHA-256"),
        (b"[]", "another format"),
        (b"null", "another format"),
        (_DEEP, "manifest.json is no JSON"),
        (b'{"format": 3, "sha256": {"a": 1}}', "is absent"),
        (b'{"format": true}', "another format"),
    ],
)
def test_a_manifest_that_is_none(manifest, words, members, tmp_path):
    path = _write(tmp_path / "m.tsgen", members | {"manifest.json": manifest})
    with pytest.raises(ValueError, match=words) as error:
        tsgen_jax.load(path)
    assert path in str(error.value)


def test_flags_of_the_zip(members, tmp_path):
    path = _write(tmp_path / "m.tsgen", members)
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1  # Encrypted.
    with open(path, "wb") as file:
        file.write(data)
    with pytest.raises(ValueError, match=f"{path}: .* is encrypted"):
        tsgen_jax.load(path)


_LOAD = """
import json, sys, time
import tsgen_jax, tsgen_jax.api.load
for path in sys.argv[1:]:
    started, said = time.monotonic(), "it was loaded"
    try:
        tsgen_jax.load(path)
    except ValueError as error:
        said = str(error)
    seconds = time.monotonic() - started
    status = open("/proc/self/status").read()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    print(json.dumps([path, said[:2000], seconds, peak]), flush=True)
"""


def _zeros(path, members, name, size):
    """A file with a member of zeros, which deflate makes a thousandth."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, data in members.items():
            archive.writestr(other, data)
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(size // 2**20):
                member.write(bytes(2**20))
    return str(path)


def test_bombs_and_devices_cost_little_time_and_memory(members, tmp_path):
    others = {k: v for k, v in members.items() if k != "config.json"}
    no_manifest = {k: v for k, v in members.items() if k != "manifest.json"}
    os.mkfifo(tmp_path / "pipe.tsgen")
    os.symlink("/dev/zero", tmp_path / "zero.tsgen")
    listed = _signed(members | {"sampler.jaxexport": b""})
    del listed["sampler.jaxexport"]
    wide = json.loads(members["facts.json"])
    wide["classes"] = [f"{i}" for i in range(10**6)]
    wide["class_counts"] = [1] * 10**6
    many = members | {f"weights/{i}.npy": b"" for i in range(25_000)}
    paths = [
        _zeros(tmp_path / "config.tsgen", others, "config.json", 2**27),
        _zeros(tmp_path / "manifest.tsgen", no_manifest, "manifest.json", 2**27),
        _zeros(tmp_path / "program.tsgen", listed, "sampler.jaxexport", 2**27),
        _zeros(tmp_path / "small.tsgen", others, "config.json", 2**23),
        str(tmp_path / "pipe.tsgen"),
        str(tmp_path / "zero.tsgen"),
        _write(tmp_path / "many.tsgen", _signed(many)),
        _write(
            tmp_path / "classes.tsgen",
            _signed(members | {"facts.json": json.dumps(wide).encode()}),
        ),
    ]
    command = [sys.executable, "-c", _LOAD, *paths]
    env = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=True, env=env
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [path for path, *_ in lines] == paths
    for path, said, seconds, peak in lines:
        assert path in said, said
        assert seconds < 5, (path, seconds)
        assert peak < 600, (path, peak)
