import pathlib

import pytest

from experiments import tables


def test_the_page_is_what_the_program_writes():
    made = tables.page()
    assert tables.PAGE.read_text() == made, "run: python experiments/tables.py"
    assert made.index("Do not quote these numbers") < made.index("| score |")
    for words in ("2.22, 1.39 and 1.15", "issue 16", "older commits", "on TEST"):
        assert words in made[: made.index("| score |")]


def test_cells_are_numbers_of_the_files():
    found = tables._read("competitor")
    values = [r["timevqvae"]["fid_fcn"] for r in found if r["data"] == "GunPoint"]
    mean = sum(values) / 3
    deviation = (sum((v - mean) ** 2 for v in values) / 2) ** 0.5
    row = next(r for r in tables.competitor().splitlines() if "`fid` fcn" in r)
    assert f"| {mean:.3g} ± {deviation:.2g} |" in row
    model = tables._read("forecasting-etth1")["results"][0]["scores"]["model"]
    assert f"| {model['crps']:.3f} |" in tables.completion()  # Not bold: it loses.


def test_the_readme_has_the_scores_that_the_program_writes():
    made = tables.readme()
    assert tables.README.read_text() == made, "run: python experiments/tables.py"


def test_an_old_page_is_found(tmp_path, monkeypatch):
    page, readme = tmp_path / "results.md", tmp_path / "README.md"
    readme.write_text(tables.README.read_text())
    monkeypatch.setattr(tables, "PAGE", page)
    monkeypatch.setattr(tables, "README", readme)
    tables.main([])
    tables.main(["--check"])
    page.write_text(page.read_text().replace("0.605", "0.604"))
    with pytest.raises(SystemExit, match="is old"):
        tables.main(["--check"])
    assert "0.604" in page.read_text()
    assert (tmp_path / "generators-ranks.png").stat().st_size > 1000
    tables.main([])
    text = readme.read_text()
    row = next(line for line in text.splitlines() if line.startswith("| GAN"))
    readme.write_text(text.replace(row, row[:-8] + "0.001 |"))
    with pytest.raises(SystemExit, match="README.md is old"):
        tables.main(["--check"])


def test_files_of_numbers_that_the_page_names_are_there():
    names = {p.name for p in pathlib.Path(tables._RESULTS).glob("*.json")}
    assert {"scores.json", "competitor.json", "multivariate.json"} <= names
