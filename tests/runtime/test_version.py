import re
import subprocess

from tsgen_jax.runtime import version


def test_commit_of_a_checkout_says_whether_files_differ(tmp_path, monkeypatch):
    monkeypatch.setattr(version, "_ROOT", str(tmp_path))
    assert version.commit() == ""  # No checkout.
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (
        ["init", "-q"],
        ["add", "."],
        [*identity, "commit", "-q", "-m", "a"],
    ):
        (tmp_path / "a.txt").write_text("1")
        subprocess.run(["git", "-C", tmp_path, *command], check=True)
    assert re.fullmatch("[0-9a-f]{12}", version.commit())
    (tmp_path / "a.txt").write_text("2")
    assert version.commit().endswith("+changes")


def test_a_package_that_is_not_installed():
    assert version._of("no-such-package-of-ours") == "unknown"
    assert version.describe().startswith(f"tsgen_jax {version.version()}")
