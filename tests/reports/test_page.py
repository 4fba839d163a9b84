"""The page holds everything, needs nothing, and fits a phone."""

import base64
import csv
import dataclasses
import html
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tsgen_jax.evaluation.scores.score import Score
from tsgen_jax.reports import glossary
from tsgen_jax.reports import page as report
from tsgen_jax.reports.answer import Answer
from tsgen_jax.reports.bars import Bar

EVIL = '<script>alert("x")</script> & \'"><img src=x onerror=y>'


def make_figure(seed: int) -> Figure:
    figure = Figure((5, 2))
    noise = np.random.default_rng(seed).normal(size=60).cumsum()
    figure.subplots().plot(noise, color="#0072B2")
    return figure


PLAIN = report.Row("fid", "", 1.0, None, {}, "lower", "", "")
FID = dataclasses.replace(
    PLAIN,
    judge="fcn",
    value=1.23456789,
    interval=(1.2, 1.45678),
    floors={"TRAIN": 0.3, "TEST halves": 0.25},
    note="256 samples",
    group="fidelity",
)
ROWS = [
    FID,
    report.Row("accuracy", "", 0.9, None, {}, "higher", "a long note " * 9, "post_hoc"),
    report.Row("series", "", 1500.0, None, "", "", "", ""),
    report.Row("a_" * 40, "minirocket", 2, (1, 3), EVIL, "", EVIL, "fidelity"),
]


def make_page(title: str, opening=None) -> str:
    sections = [
        report.Section("Real and generated", "First.\n\nSecond.", make_figure(0)),
        report.Section(EVIL, EVIL, make_figure(1)),
        report.Section("Words", "Only these.", None),
    ]
    config = {"name": EVIL, "stft": {"window_size": 8}, "word": "w" * 300}
    return report.make_report(title, ROWS, sections, config, opening=opening)


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_report_has_all_sections_and_embeds_the_figures():
    reader = Reader(make_page("A run"))
    assert reader.open == []
    ids = [attrs["id"] for attrs in reader.all("section")]
    links = [attrs["href"] for attrs in reader.all("a")]
    assert links[: len(ids)] == [f"#{i}" for i in ids]
    terms = [attrs["id"] for attrs in reader.all("dt")]
    assert links[len(ids) :][0] == f"#{terms[0]}" == "#term-fid"
    assert len(ids) == 1 + 3 + 1 + 1  # Summary, sections, glossary, configuration.
    images = reader.all("img")
    assert len(images) == 2
    for attrs in images:
        start, code = attrs["src"].split(",")
        assert start == "data:image/png;base64"
        picture = Image.open(io.BytesIO(base64.b64decode(code)))
        assert np.asarray(picture.convert("L")).std() > 1
    for words in (
        "First.",
        "Second.",
        "Only these.",
        '"window_size": 8',
        "1.235",
        "fcn",
    ):
        assert words in reader.text
    assert "↓ lower" in reader.text
    assert "↑ higher" in reader.text


def test_all_text_is_escaped():
    page = make_page(EVIL)
    reader = Reader(page)
    known = set("html head meta title style body h1 h2 nav ol li a section".split())
    known |= set("table thead tbody tr th td figure img figcaption p".split())
    known |= set("details summary pre small wbr dl dt dd".split())
    assert {tag for tag, _ in reader.tags} == known
    assert not [name for _, attrs in reader.tags for name in attrs if name[:2] == "on"]
    # Title twice, section heading, contents and text, floors, note; the alt apart.
    assert reader.text.count(EVIL) == 7
    assert EVIL in [attrs["alt"] for attrs in reader.all("img")]


def test_page_is_a_single_file():
    page = make_page("A run")
    reader = Reader(page)
    sources = {entry.source for entry in glossary.ENTRIES.values()} - {""}
    for _, attrs in reader.tags:
        assert attrs.get("src", "data:").startswith("data:")
        if attrs.get("href") not in sources:  # To be followed; nothing is fetched.
            assert attrs.get("href", "#").startswith("#")
    assert not reader.all("link")
    assert not reader.all("script")
    for source in sources:
        page = page.replace(f'<a href="{source}">', "")
    assert not re.search(r"https?://|url\(|@import", page)
    (policy,) = [a["content"] for a in reader.all("meta") if "http-equiv" in a]
    assert "default-src 'none'" in policy
    assert len(page) < 3e6


def test_values_of_the_summary():
    values = {"0.9123": 0.912345, "1234567": 1234567.0, "0.5": np.float32(0.5)}
    values |= {"7": np.int64(7), "1.5e-07": 1.5e-7, "nan": np.nan, "inf": np.inf}
    values |= {"True": True, "fcn": "fcn"}
    rows = [dataclasses.replace(PLAIN, value=value) for value in values.values()]
    page = report.make_report("t", rows, [], {})
    assert re.findall('<td class="value">(.*?)</td>', page) == list(values)


def cells(page: str) -> list[list[str]]:
    """Texts of the table, line by line."""
    found = []
    for line in re.findall("<tr>(.*?)</tr>", page, re.DOTALL):
        texts = re.findall("<t[hd].*?>(.*?)</t[hd]>", line, re.DOTALL)
        found.append([html.unescape(re.sub("<[^>]*>", "", text)) for text in texts])
    return found


def test_table_has_headings_intervals_and_floors():
    lines = cells(report.make_report("t", ROWS, [], {}))
    head = ["Measure", "Value", "Interval", "Better", "Floors", "Note"]
    first = ["fid fcn", "1.235", "[1.2, 1.457]", "↓ lower"]
    assert lines == [
        head,
        ["series", "1500", "", "", "", ""],  # Without a group: first.
        ["fidelity"],
        [*first, "TRAIN 0.3, TEST halves 0.25", "256 samples"],
        ["a_" * 40 + " minirocket", "2", "[1, 3]", "", EVIL, EVIL],
        ["post hoc"],
        ["accuracy", "0.9", "", "↑ higher", "", "a long note " * 9],
    ]


def test_columns_that_are_empty_throughout_are_left_out():
    rows = [PLAIN, dataclasses.replace(PLAIN, name="other")]
    lines = [["fid", "1", "↓ lower"], ["other", "1", "↓ lower"]]
    page = report.make_report("t", rows, [], {})
    assert cells(page) == [["Measure", "Value", "Better"], *lines]
    text = "Measure  Value  Better\nfid      1      ↓ lower\nother    1      ↓ lower"
    assert report.format_rows(rows) == text
    assert "<table>" not in report.make_report("t", [], [], {})
    assert report.format_rows([]) == ""


def test_text_table_lines_up():
    lines = report.format_rows(ROWS[:3]).splitlines()
    firsts = ["Measure", "series", "", "fidelity", "fid", "", "post_hoc", "accuracy"]
    assert [line.partition("  ")[0] for line in lines] == firsts
    for key, text in (("Value", "1.235"), ("Interval", "[1.2"), ("Note", "256")):
        assert lines[0].index(key) == lines[4].index(text)


def test_csv_has_every_number_in_full(tmp_path):
    report.write_csv(tmp_path / "scores.csv", ROWS)
    with open(tmp_path / "scores.csv", newline="", encoding="utf-8") as file:
        first, second, third, last = csv.DictReader(file)
    assert float(first["value"]) == 1.23456789
    assert (float(first["low"]), float(first["high"])) == (1.2, 1.45678)
    assert json.loads(first["floors"]) == {"TRAIN": 0.3, "TEST halves": 0.25}
    assert (second["low"], second["high"], second["judge"]) == ("", "", "")
    assert third["group"] == third["note"] == ""
    assert last["note"] == EVIL


def test_row_of_a_score():
    fields = ("share", "", 0.6, 0.5, 0.7, {"TEST": 0.4}, "", 0.5, "Why.", "privacy")
    score = Score(*fields)
    row = report.Row.from_score(score)
    said = "Ideal is 0.5. Why."
    assert row == report.Row(
        "share", "", 0.6, (0.5, 0.7), {"TEST": 0.4}, "", said, "privacy"
    )
    score = dataclasses.replace(score, low=None, high=None, better="lower", ideal=0.0)
    row = report.Row.from_score(score)
    assert (row.interval, row.note) == (None, "Why.")


def test_unknown_direction_and_unwritable_config_are_refused():
    row = dataclasses.replace(PLAIN, better="low")
    with pytest.raises(ValueError, match=r"fid: better is 'low'; known: .*'lower'"):
        report.make_report("t", [row], [], {})
    for ends in ((2.0, 1.0), (1.0,)):
        row = dataclasses.replace(PLAIN, interval=ends)
        with pytest.raises(ValueError, match="is no interval"):
            report.format_rows([row])
    with pytest.raises(TypeError, match="ndarray"):
        report.make_report("t", [], [], {"a": np.ones(2)})


def test_files_are_written_whole_and_replaced(tmp_path, monkeypatch):
    path = tmp_path / "new" / "report.html"
    report.write_report(path, "old ü")
    assert path.read_text("utf-8") == "old ü"

    def full_disk(self, content):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full_disk)
        with pytest.raises(OSError, match="disk full"):
            report.write_report(path, "half")
    assert path.read_text("utf-8") == "old ü"
    report.write_report(path, "new")
    report.save_figure(make_figure(0), tmp_path / "figure.png")
    assert Image.open(tmp_path / "figure.png").size == (750, 300)
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def browse(tmp_path, page: str, *flags: str) -> str:
    """Opens the page in a browser without a window; returns what it prints."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium or google-chrome on this machine")
    report.write_report(tmp_path / "page.html", page)
    quiet = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    quiet += "--disable-background-networking --disable-component-update --disable-sync"
    command = [browser, *quiet.split(), f"--user-data-dir={tmp_path / 'profile'}"]
    command += [*flags, (tmp_path / "page.html").as_uri()]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    return done.stdout.decode()


def test_page_renders_in_a_browser(tmp_path):
    shot = tmp_path / "shot.png"
    browse(
        tmp_path, make_page("A run"), "--window-size=390,1600", f"--screenshot={shot}"
    )
    picture = np.asarray(Image.open(shot).convert("RGB")).astype(int)
    assert picture.shape == (1600, 390, 3)
    blue = np.abs(picture - [0x00, 0x72, 0xB2]).sum(-1) < 60
    assert blue[400:].sum() > 50  # The curve of a figure; the links are above.


# A window may not be as narrow as a phone, a frame may. The page in it is unchanged,
# its policy against scripts included; the page around it looks in from outside.
_PROBE = """
onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const display = (tag) => getComputedStyle(page.querySelector(tag)).display;
  page.querySelector("details").open = true;
  document.title = JSON.stringify({
    page: page.documentElement.scrollWidth,
    images: [...page.images].map((image) => image.width),
    right: [...page.querySelectorAll("td, th, small, span, i, b, p")]
      .map((cell) => Math.ceil(cell.getBoundingClientRect().right)),
    cell: display("td"), head: display("thead"),
  });
}
"""


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_nothing_sticks_out_of_the_window(tmp_path, width):
    texts = ["a long sentence " * 9, "name_" * 20]
    bar = Bar(*texts, "1", 0.5, (0.1, 1.0), {"TRAIN": 1.0}, *texts, *texts)
    opening = report.Section("", "", make_figure(2)), Answer((bar,) * 3, (), EVIL)
    page = html.escape(make_page("A run", opening))
    frame = f'<iframe style="width:{width}px; height:900px; border:0" srcdoc="{page}">'
    page = f"<title></title><script>{_PROBE}</script>{frame}</iframe>"
    dom = browse(tmp_path, page, "--dump-dom", "--window-size=1300,1000")
    seen = json.loads(html.unescape(re.search("<title>(.*?)</title>", dom)[1]))
    assert seen["page"] <= width
    assert len(seen["images"]) == 3
    assert max(*seen["images"], *seen["right"]) <= width
    folded = {"cell": "block", "head": "none"}
    table = {"cell": "table-cell", "head": "table-header-group"}
    assert {key: seen[key] for key in folded} == (folded if width < 800 else table)
