"""One file with a whole model; damage is told by the member's name."""

import dataclasses
import importlib.util
import io
import json
import subprocess
import sys
import zipfile

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

import tsgen_jax
from tsgen_jax.api import export as exporting
from tsgen_jax.api import model_card, sampler_program
from tsgen_jax.runs import model_file


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("shared") / "model.tsgen")
    exporting.export(tiny_model, path, with_sampler=False)
    return path


def _members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


def _signed(members):
    """With a list that says these members are right."""
    members = {k: v for k, v in members.items() if k != "manifest.json"}
    digests = {k: model_file.hashlib.sha256(v).hexdigest() for k, v in members.items()}
    manifest = {"format": model_file.FORMAT, "sha256": digests}
    return {"manifest.json": json.dumps(manifest).encode(), **members}


def test_the_same_model_comes_back(exported, tiny_model, tmp_path):
    again = tsgen_jax.load(exported)
    assert repr(again) == repr(tiny_model)
    assert again.config.to_dict() == tiny_model.config.to_dict()
    weights = again.generator.tokenizer_weights, again.generator.prior_weights
    judge = tiny_model.generator.tokenizer_weights, tiny_model.generator.prior_weights
    jax.tree.map(np.testing.assert_array_equal, weights, judge)
    np.testing.assert_array_equal(again.sample(4, seed=1), tiny_model.sample(4, seed=1))
    second = str(tmp_path / "again.tsgen")
    exporting.export(again, second, with_sampler=False)
    with open(exported, "rb") as one, open(second, "rb") as other:
        assert one.read() == other.read()


def test_weights_are_plain_arrays_and_the_card_is_readable(exported, tiny_model):
    members = _members(exported)
    names = [name for name in members if name.startswith("weights/")]
    assert "weights/tokenizer/codebook/counts.npy" in names
    sizes = [np.load(io.BytesIO(members[n]), allow_pickle=False).size for n in names]
    weights = tiny_model.generator.weights
    assert sum(sizes) == sum(a.size for a in jax.tree.leaves(weights))
    card = members["README.md"].decode()
    assert card == model_card.write_card(tiny_model)
    assert "24 time points" in card
    assert "Not evaluated" in card


@pytest.mark.parametrize(
    "name", ["config.json", "facts.json", "weights/prior/codes.npy", "README.md"]
)
def test_a_changed_or_absent_member_is_named(name, exported, tmp_path):
    members = _members(exported)
    data = bytearray(members[name])
    data[len(data) // 2] ^= 1
    changed = _write(tmp_path / "changed.tsgen", members | {name: bytes(data)})
    with pytest.raises(ValueError, match=f"{name} was changed"):
        tsgen_jax.load(changed)
    without = {k: v for k, v in members.items() if k != name}
    with pytest.raises(ValueError, match=f"{name} is absent"):
        tsgen_jax.load(_write(tmp_path / "without.tsgen", without))
    if name != "README.md":
        with pytest.raises(ValueError, match=f"lacks {name}"):
            tsgen_jax.load(_write(tmp_path / "signed.tsgen", _signed(without)))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_told(share, exported, tmp_path):
    with open(exported, "rb") as file:
        data = file.read()
    cut = tmp_path / "cut.tsgen"
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match="is no model file, or is cut off"):
        tsgen_jax.load(str(cut))


def test_flipped_bytes_of_the_zip_are_told_by_member(exported, tmp_path):
    with open(exported, "rb") as file:
        data = bytearray(file.read())
    with zipfile.ZipFile(exported) as archive:
        info = archive.getinfo("weights/prior/codes.npy")
    data[info.header_offset + 100] ^= 0xFF
    (tmp_path / "flipped.tsgen").write_bytes(data)
    with pytest.raises(ValueError, match=r"weights/prior/codes.npy (cannot|was)"):
        tsgen_jax.load(str(tmp_path / "flipped.tsgen"))


def test_nothing_in_the_file_is_executed(exported, tmp_path):
    """A pickled array, signed properly, is refused before it can run."""

    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Harm()], object), allow_pickle=True)
    name = "weights/prior/codes.npy"
    members = _signed(_members(exported) | {name: buffer.getvalue()})
    with pytest.raises(ValueError, match=f"{name} is no plain array"):
        tsgen_jax.load(_write(tmp_path / "harm.tsgen", members))
    assert not (tmp_path / "harm").exists()


def test_other_shapes_and_versions_are_refused(exported, tmp_path):
    members, name = _members(exported), "weights/prior/codes.npy"
    other = _signed(members | {name: model_file.to_npy(np.zeros((2, 2), np.float32))})
    with pytest.raises(ValueError, match=rf"{name} is float32\[2, 2\]"):
        tsgen_jax.load(_write(tmp_path / "shape.tsgen", other))
    later = members | {"manifest.json": b'{"format": 99, "sha256": {}}'}
    with pytest.raises(ValueError, match="another format"):
        tsgen_jax.load(_write(tmp_path / "later.tsgen", later))
    with pytest.raises(ValueError, match="no manifest.json"):
        tsgen_jax.load(_write(tmp_path / "zip.tsgen", {"a.txt": b"a"}))
    strange = _signed(members | {"config.json": b"{]"})
    with pytest.raises(ValueError, match="config.json is no JSON"):
        tsgen_jax.load(_write(tmp_path / "json.tsgen", strange))


def test_the_program_for_jax_alone_samples_the_same(tiny_model):
    sampler = sampler_program.make_sampler(tiny_model.generator)
    for label in ([0, 1, 1], [2]):
        found = sampler.call(np.uint32(7), np.array(label, np.int32))
        label = np.array(label)
        tokens = tiny_model.generator.sample_tokens(jax.random.key(7), label)[-1]
        np.testing.assert_allclose(found, tiny_model.decode(tokens), atol=1e-4)


def _noisy(model, scale=0.75):
    of = model.generator
    weights = {**of.weights, "residual_scale": {"scale": np.float32(scale)}}
    generator = dataclasses.replace(of, weights=weights, residual_scale=scale)
    config = ConfigDict(model.config.to_dict())
    config.sample.residual_scales = (0.0, scale)  # One value would override it.
    return dataclasses.replace(model, generator=generator, config=config)


def test_the_program_adds_the_noise_of_the_model(tiny_model):
    noisy, label = _noisy(tiny_model), np.array([0, 1, 1], np.int32)
    sampler = sampler_program.make_sampler(noisy.generator)
    for seed in (7, 8):
        found = sampler.call(np.uint32(seed), label)
        judge = noisy.sample(3, label=label, seed=seed)
        np.testing.assert_allclose(found, judge, atol=1e-4)
        plain = tiny_model.sample(3, label=label, seed=seed)
        assert np.abs(judge - plain).max() > 0.1


def test_the_scale_of_noise_goes_with_the_model(exported, tiny_model, tmp_path):
    noisy, path = _noisy(tiny_model), str(tmp_path / "noisy.tsgen")
    exporting.export(noisy, path, with_sampler=False)
    again = tsgen_jax.load(path)
    assert again.generator.residual_scale == 0.75
    np.testing.assert_array_equal(again.sample(4, seed=1), noisy.sample(4, seed=1))
    assert "0.75 times the noise" in model_card.write_card(again)
    members, name = _members(path), "weights/residual_scale/scale.npy"
    for scale, message in ((3, r"in \[0, 2\]"), (np.nan, "not finite")):
        wrong = {name: model_file.to_npy(np.float32(scale))}
        path = _write(tmp_path / "wrong.tsgen", _signed(members | wrong))
        with pytest.raises(ValueError, match=rf"scale.*{message}"):
            tsgen_jax.load(path)
    old = json.loads(members["config.json"])
    del old["generator"]
    old = members | {"config.json": json.dumps(old).encode()}
    with pytest.raises(ValueError, match="old.tsgen has format 1"):
        tsgen_jax.load(_write(tmp_path / "old.tsgen", _signed(old)))


_ALONE = """
import sys
sys.modules['tsgen_jax'] = sys.modules['flax'] = None
import jax.export, numpy, zipfile
program = zipfile.ZipFile(sys.argv[1]).read('sampler.jaxexport')
sampler = jax.export.deserialize(bytearray(program))
x = sampler.call(numpy.uint32(7), numpy.array([0, 1, 1], numpy.int32))
numpy.save(sys.argv[2], x)
"""


@pytest.mark.skipif(
    importlib.util.find_spec("flatbuffers") is None,
    reason="jax.export needs flatbuffers, which is not installed",
)
def test_the_stored_program_runs_without_this_package(tiny_model, tmp_path):
    path, out = str(tmp_path / "model.tsgen"), str(tmp_path / "x.npy")
    exporting.export(tiny_model, path)
    subprocess.run([sys.executable, "-c", _ALONE, path, out], check=True, cwd=tmp_path)
    judge = tiny_model.sample(3, label=[0, 1, 1], seed=7)
    np.testing.assert_allclose(np.load(out), judge, atol=1e-4)


def test_without_flatbuffers_it_is_told_at_once(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install flatbuffers"):
        exporting.export(tiny_model, str(tmp_path / "model.tsgen"))
    assert list(tmp_path.iterdir()) == []


def test_what_tokens_leave_out_goes_with_the_model(exported, tiny_run, tmp_path):
    """Draws of the file are those of the run."""
    again, own = tsgen_jax.load(exported), tsgen_jax.load(tiny_run)
    x = np.zeros((2, 24, 2), np.float32)
    observed = np.repeat((np.arange(24) < 12)[None], 2, axis=0)
    judge = own.impute(x, observed, num=2)
    np.testing.assert_array_equal(again.impute(x, observed, num=2), judge)
    members, name = _members(exported), "weights/residual/std.npy"
    harm = _signed(members | {name: b"no array"})
    with pytest.raises(ValueError, match=r"residual/std.npy is no plain array"):
        tsgen_jax.load(_write(tmp_path / "harm.tsgen", harm))
    small = model_file.to_npy(np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match=r"residual/std.npy is float32\[3, 2\]"):
        tsgen_jax.load(_write(tmp_path / "s.tsgen", _signed(members | {name: small})))
