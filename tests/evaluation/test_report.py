"""The page holds everything, needs nothing, and fits a phone."""

import base64
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tsgen_jax.evaluation import report

EVIL = '<script>alert("x")</script> & \'"><img src=x onerror=y>'


def make_figure(seed: int) -> Figure:
    figure = Figure((5, 2))
    noise = np.random.default_rng(seed).normal(size=60).cumsum()
    figure.subplots().plot(noise, color="#0072B2")
    return figure


def make_page(title: str) -> str:
    summary = [
        report.Row("fid", 1.23456789, "lower", "judge: fcn, 256 samples"),
        report.Row("accuracy", 0.9, "higher", "a long remark " * 12),
        report.Row("series", 1500.0, "", ""),
        report.Row("kept", True, "", EVIL),
    ]
    sections = [
        report.Section("Real and generated", "First.\n\nSecond.", make_figure(0)),
        report.Section(EVIL, EVIL, make_figure(1)),
        report.Section("Words", "Only these.", None),
    ]
    config = {"name": EVIL, "stft": {"window_size": 8}, "word": "w" * 300}
    return report.make_report(title, summary, sections, config)


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
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
    assert [attrs["href"] for attrs in reader.all("a")] == [f"#{i}" for i in ids]
    assert len(ids) == 1 + 3 + 1  # Summary, sections, configuration.
    images = reader.all("img")
    assert len(images) == 2
    for attrs in images:
        start, code = attrs["src"].split(",")
        assert start == "data:image/png;base64"
        picture = Image.open(io.BytesIO(base64.b64decode(code)))
        assert np.asarray(picture.convert("L")).std() > 1
    for words in ("First.", "Second.", "Only these.", '"window_size": 8', "1.235"):
        assert words in reader.text
    assert "↓ lower" in reader.text
    assert "↑ higher" in reader.text


def test_all_text_is_escaped():
    page = make_page(EVIL)
    reader = Reader(page)
    known = set("html head meta title style body h1 h2 nav ol li a section div".split())
    known |= set("table thead tbody tr th td figure img figcaption p".split())
    known |= set("details summary pre".split())
    assert {tag for tag, _ in reader.tags} == known
    assert not [name for _, attrs in reader.tags for name in attrs if name[:2] == "on"]
    # Title twice, section heading, contents and text, note; the image's alt apart.
    assert reader.text.count(EVIL) == 6
    assert EVIL in [attrs["alt"] for attrs in reader.all("img")]


def test_page_is_a_single_file():
    page = make_page("A run")
    reader = Reader(page)
    for _, attrs in reader.tags:
        assert attrs.get("src", "data:").startswith("data:")
        assert attrs.get("href", "#").startswith("#")
    assert not reader.all("link")
    assert not reader.all("script")
    assert not re.search(r"https?://|url\(|@import", page)
    (policy,) = [a["content"] for a in reader.all("meta") if "http-equiv" in a]
    assert "default-src 'none'" in policy
    assert len(page) < 3e6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.912345, "0.9123"),
        (1234567.0, "1234567"),
        (np.float32(0.5), "0.5"),
        (np.int64(7), "7"),
        (1.5e-7, "1.5e-07"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "True"),
        ("fcn", "fcn"),
    ],
)
def test_values_of_the_summary(value, text):
    page = report.make_report("t", [report.Row("a", value, "", "")], [], {})
    assert f'<td class="value">{text}</td>' in page


def test_unknown_direction_and_unwritable_config_are_refused():
    with pytest.raises(ValueError, match=r"fid: better is 'low'; known: .*'lower'"):
        report.make_report("t", [report.Row("fid", 1.0, "low", "")], [], {})
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


def test_nothing_sticks_out_of_a_phone(tmp_path):
    page = re.sub("<meta http-equiv[^>]*>", "", make_page("A run"))  # Scripts may run.
    # Narrower than a window may be, so the body is given the width of a phone.
    code = "document.body.style.width = '390px'; "
    code += "document.title = [document.body.scrollWidth, "
    code += "...[...document.images].map(image => image.width)]"
    page = page.replace("</body>", f"<script>onload = () => {{{code}}}</script></body>")
    page = page.replace("<details>", "<details open>")
    dom = browse(tmp_path, page, "--dump-dom")
    widths = [int(w) for w in re.search("<title>(.*?)</title>", dom)[1].split(",")]
    assert len(widths) == 3
    assert max(widths) <= 390
