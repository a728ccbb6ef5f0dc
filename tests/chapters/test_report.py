"""The page of all runs: whole and well-formed HTML that needs nothing else, whatever lies in the folder."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from chapters import __main__, course
from chapters.report import command, curves, markup, pictures, shelf, values

EVIL = "<script>alert(1)</script>\"'&\x00\ud800"
CNN = course.CHAPTERS["cnn"]


class Page(HTMLParser):
    """Reads a page as strictly as it was written: every element is closed, and in order."""

    VOID = {"col", "img", "input", "meta"}
    INLINE = {"a", "b", "code", "span", "strong", "h3", "h4"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({key for key, _ in attrs}) == len(attrs), f"an attribute twice: {attrs}"
        assert not (tag not in {"h3", "h4", "code", "span"} and self.open[-1:] == ["summary"]), tag
        assert "p" not in self.open or tag in {"a", "code"}, f"<{tag}> in <p>"
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, key: str) -> list[str]:
        return [str(attrs[key]) for name, attrs in self.found if name == tag and key in attrs]


def write(folder: Path, **given: Any) -> Path:
    """A run.json such as a run leaves, with what is given instead."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "chapter": "cnn",
        "state": "finished",
        "asked": {"seed": 0},
        "argv": [],
        "began": "2026-11-20T10:00:00+00:00",
        "versions": {"tinydl": "0.1.0", "numpy": "2.4", "python": "3.11", "device": "cpu"},
        "data": "MNIST",
        "seconds": 75.0,
        "figures": {"test_accuracy": 0.9},
        "history": {"lenet": {"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.5]}},
        "before": [],
    }
    (folder / "run.json").write_text(json.dumps({**record, **given}), encoding="utf-8")
    return folder


def made(out: Path) -> tuple[Page, str]:
    """The page of a folder, read, and as it is."""
    assert command.main(["--out", str(out)]) == 0
    html = (out / "report.html").read_text(encoding="utf-8")
    return Page(html), html


def check_whole(page: Page, html: str) -> None:
    """It is one page, needs nothing else, and what it points at is in it."""
    assert html.startswith("<!doctype html>\n<html lang=") and html.count("<html") == 1
    tags = [tag for tag, _ in page.found]
    assert "script" not in tags and "link" not in tags and "iframe" not in tags and tags.count("h1") == 1
    ids = [str(attrs["id"]) for _, attrs in page.found if "id" in attrs]
    assert len(set(ids)) == len(ids)
    for target in page.all("a", "href"):
        assert target == "#" or target[1:] in ids if target.startswith("#") else "://" not in target
    assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?\s*(https?:)?//""", html)
    assert all(not key.startswith("on") for _, attrs in page.found for key in attrs)
    assert any("default-src 'none'" in each for each in page.all("meta", "content"))
    assert "width=device-width, initial-scale=1" in page.all("meta", "content")
    for attrs in (attrs for tag, attrs in page.found if tag == "img"):
        assert attrs["alt"] and attrs["loading"] == "lazy"
        kind, data = re.fullmatch(r"data:image/(webp|gif);base64,(.*)", str(attrs["src"])).groups()
        image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
        image.load()
        assert image.format == kind.upper()


def draw(path: Path, size: tuple[int, int] = (30, 20), **options: Any) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return pixels


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "runs"


# ---- what a user finds on it --------------------------------------------------------------------------------


def test_the_page_shows_a_run(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(out / "cnn", argv=["--quick", "--data", "my digits"])
    pixels = draw(folder / "filters.png", dpi=(192, 192))
    draw(folder / "film.gif")
    page, html = made(out)
    check_whole(page, html)
    assert "4 · cnn: a convolutional network reads digits" in page.text
    assert "python -m chapters run cnn --quick --data 'my digits'" in page.text
    assert "90.00% of the test set" in page.text and "2026-11-20 10:00" in page.text and "75 s" in page.text
    assert "tinydl 0.1.0, numpy 2.4, python 3.11, cpu" in page.text
    assert "loss, in the end: 0.4, validation (dashed) 0.5" in page.text
    assert [each for each in page.all("img", "alt") if each != "compare"] == ["film", "filters"]
    png = next(attrs for _, attrs in page.found if attrs.get("alt") == "filters")
    assert (png["width"], png["height"]) == ("15", "10"), "192 dots an inch are two to a CSS pixel"
    image = Image.open(io.BytesIO(base64.b64decode(str(png["src"]).partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), pixels)
    others = [name for name in course.CHAPTERS if name != "cnn"]
    assert all(f"python -m chapters run {name}" in page.text for name in others)
    told = capsys.readouterr().out
    assert "report.html" in told and "MB" in told and (out / "report.html").resolve().as_uri() in told


def test_best_and_latest_among_all_that_were_finished(out: Path) -> None:
    def earlier(accuracy: float, day: int, **more: Any) -> dict[str, Any]:
        return {"argv": ["--seed", str(day)], "began": f"2026-11-{day}T09:00:00+00:00", "data": "MNIST"} | {
            "figures": {"test_accuracy": accuracy},
            **more,
        }

    write(
        out / "cnn", before=[earlier(0.97, 11), earlier(float("nan"), 12), earlier(0.5, 13, data="squares")]
    )
    write(out / "all" / "cnn", began="2026-11-21T10:00:00+00:00", figures={"test_accuracy": 0.8})
    stopped = {"state": "stopped", "figures": {"test_accuracy": 0.99}}
    write(out / "deep" / "er" / "x", **stopped, began="2026-11-19T10:00:00+00:00")
    shelves, unread = shelf.collect(out)
    found = next(each for each in shelves if each.chapter is CNN)
    assert not unread and len(found.runs) == 6
    assert [run.record.get("began", "")[8:10] for run in found.runs] == ["21", "20", "19", "13", "12", "11"]
    assert found.runs[0].where.endswith("all/cnn") and found.titles(found.runs[0]) == ["latest"]
    assert {data: run.figure for data, run in found.best.items()} == {
        "MNIST": "97.00% of the test set",
        "squares": "50.00% of the test set",
    }
    page, html = made(out)
    check_whole(page, html)
    assert "Best on MNIST: 97.00% of the test set" in page.text and "All 6 runs" in page.text
    assert "A later run has written over its pictures and curves." in page.text
    assert "Stopped before its end: the same command with --resume goes on" in page.text
    # The only one: the latest is the best.
    other = out / "other"
    write(other / "cnn")
    assert "latest, best 90.00% of the test set" in made(other)[0].text


def test_less_is_better_where_it_is(out: Path) -> None:
    for i, loss in enumerate((0.3, 0.1, 0.2)):
        write(
            out / str(i), chapter="autoencoder", figures={"test_loss": loss}, began=f"2026-11-1{i}T00:00:00"
        )
    assert (
        "test loss 0.2000 latest" in made(out)[0].text
        and "test loss 0.1000 best on MNIST" in made(out)[0].text
    )


def test_keras_beside_ours(out: Path) -> None:
    write(out / "cnn")
    page, _ = made(out)
    assert "Keras beside ours" in page.text and "it came with the chapter" in page.text
    assert (
        "conv2d" in page.text and "all within tolerance" in page.text and "compare" in page.all("img", "alt")
    )
    stored = json.loads(
        (Path(command.__file__).parents[1] / CNN.package / "compare.json").read_text(encoding="utf-8")
    )
    stored["networks"]["lenet"]["differences"][0]["value"] = 0.25
    folder = out / "cnn" / "compare"
    folder.mkdir()
    (folder / "compare.json").write_text(json.dumps({**stored, "date": "2027-01-02"}), encoding="utf-8")
    page, html = made(out)
    check_whole(page, html)
    assert "2027-01-02" in page.text and "2.5e-01 !" in page.text and "not all within tolerance" in page.text
    assert "it came with" not in page.text and "compare" not in page.all("img", "alt")
    for damaged in (
        "{",
        "[]",
        json.dumps({**stored, "networks": [1]}),
        json.dumps({**stored, "versions": 5}),
    ):
        (folder / "compare.json").write_text(damaged, encoding="utf-8")
        page, html = made(out)
        check_whole(page, html)
        assert "it came with the chapter" in page.text and "compare.json: is damaged" in page.text


def test_the_same_runs_make_the_same_page(out: Path) -> None:
    draw(write(out / "cnn") / "a.png")
    write(out / "dense", chapter="dense")
    one, two = made(out)[1], made(out)[1]
    line = re.compile(r"Made on [^<]*")
    assert line.sub("", one) == line.sub("", two) and len(line.findall(one)) == 1
    assert [path.name for path in out.iterdir() if path.is_file()] == ["report.html"], "nothing aside is left"


def test_a_picture_of_an_earlier_run_is_called_so(out: Path) -> None:
    folder = write(out / "cnn")
    for name, year in (("old", 2020), ("new", 2030)):
        draw(folder / f"{name}.png")
        os.utime(folder / f"{name}.png", times=((year - 1970) * 3.156e7,) * 2)
    assert {"old (older than this run)", "new"} < set(made(out)[0].all("img", "alt"))


# ---- whatever lies there ------------------------------------------------------------------------------------


def test_markup_in_a_run_stays_text(out: Path) -> None:
    folder = write(
        out / "<script>alert(2)<",
        data=EVIL,
        argv=[EVIL, 5],
        began=EVIL,
        state=EVIL,
        versions={EVIL: EVIL},
        figures={EVIL: EVIL, "a": {EVIL: [{EVIL: EVIL}]}, "b": [[EVIL] * 9], "test_accuracy": 0.5},
        history={EVIL: {EVIL: [1, 2], "val_" + EVIL: [3]}, "b": {EVIL: [1]}},
        before=[{"data": EVIL, "figures": {"test_accuracy": 0.7}, "argv": [EVIL]}],
    )
    draw(folder / "<img onerror=alert(3)>.png")
    (folder / "<b>.gif").write_bytes(b"no picture")
    write(out / "\udcff")  # a name that is no UTF-8
    page, html = made(out)
    check_whole(page, html)
    assert (
        "alert(1)" in page.text
        and "alert(2)" in page.text
        and "<img onerror=alert(3)>" in page.all("img", "alt")
    )
    assert "\x00" not in html
    link = next(each for each in page.all("a", "href") if not each.startswith("#"))
    assert (out / unquote(link)).is_file()


@pytest.mark.parametrize(
    "value", [None, [], {}, [[1]], {"a": [{}]}, 7, -1.5, "x", True, float("nan")], ids=repr
)
def test_a_run_of_other_types_breaks_neither_page_nor_list(
    value: Any, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(out.parent)
    for key in ("state", "asked", "argv", "began", "seconds", "versions", "data", "figures", "history"):
        write(out / key, **{key: value}, before=[{key: value}, value])
    write(out / "cnn", before=value, chapter="cnn")
    write(out / "markup", chapter="dense", data="[/x] and [bold", argv=["[/]"])  # of the terminal
    write(out / "training", history={"a": value, "b": {"loss": value}, "c": {"loss": [value, 1, value]}})
    check_whole(*made(out))
    assert __main__.main([]) == 0
    assert "[/x] and [bold" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"chapter": "nothing"}', "[" * 100_000])
def test_what_is_damaged_is_named_and_left_out(
    text: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(out / "dense", chapter="dense")
    (out / "bad").mkdir()
    (out / "bad" / "run.json").write_text(text, encoding="utf-8")
    page, html = made(out)
    check_whole(page, html)
    assert "bad/run.json: is" in page.text and "bad/run.json: is" in capsys.readouterr().out


def test_no_run_no_page(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*argv: str) -> str:
        assert __main__.main(["report", *argv]) == 2
        told = capsys.readouterr().err
        assert told.startswith("error: ") and told.count("\n") == 1
        return told

    assert "no such folder" in refused("--out", str(out))
    out.mkdir()
    assert "there is no run there; make one" in refused("--out", str(out))
    assert not list(out.iterdir())
    (out / "run.json").write_text("{", encoding="utf-8")
    assert "run.json: is damaged" in refused("--out", str(out))
    assert "is no folder" in refused("--out", str(out / "run.json"))
    assert "report --help" in refused("cnn")
    write(out)
    (out / "report.html").mkdir()
    assert "cannot write" in refused("--out", str(out))


def test_a_folder_that_cannot_be_read(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(out / "cnn")
    (out / "shut").mkdir()
    scan = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "shut: Permission denied" in made(out)[0].text


def test_pictures_that_cannot_be_shown(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(out / "cnn")
    for kind in ("png", "gif"):
        draw(folder / f"cut off.{kind}", (200, 100))
        data = (folder / f"cut off.{kind}").read_bytes()
        for cut in (0, 5, 40, len(data) // 2):
            (folder / f"cut {cut}.{kind}").write_bytes(data[:cut])
        (folder / f"cut off.{kind}").unlink()
    draw(folder / "wide.png", (9000, 1))
    draw(folder / "heavy.png", (300, 300))
    (folder / "folder.png").mkdir()
    (folder / "gone.png").symlink_to("nowhere")
    monkeypatch.setattr(pictures, "MOST_BYTES", 150_000)
    page, html = made(out)
    check_whole(page, html)
    assert [alt for alt in page.all("img", "alt") if alt != "compare"] == []
    assert page.text.count("is damaged: no whole PNG") == 4 == page.text.count("is damaged: no whole GIF")
    assert "wide.png is too large for this page: 9000 × 1 pixels" in page.text
    assert "heavy.png is too large for this page: 0.3 MB" in page.text
    links = [unquote(each) for each in page.all("a", "href") if not each.startswith("#")]
    assert len(links) == 10 and all((out / link).is_file() for link in links)


# ---- the pieces ---------------------------------------------------------------------------------------------


def test_figures_however_nested(out: Path) -> None:
    def told(value: Any) -> str:
        return Page(str(values.figures({"the_name": value}))).text

    assert (
        told(0.98765) == "the name 0.9877"
        and told(True) == "the name yes"
        and told(12345) == "the name 12,345"
    )
    assert told(32273.1) == "the name 32,273" and told(float("nan")) == "the name not a number"
    assert told(10**400) == "the name very large" and told(None) == "the name –" == told([])
    assert told([1, 2]) == "the name 1, 2"
    assert told({"a": 1, "b_c": 2}) == "the name (2) a 1 b c 2"
    assert told([{"side": 1, "of": 2}] * 2) == "the name (2) side of 1 1 2 2 1 2"
    assert told([{"a": 1}, {"a": [2], "b": 3}]) == "the name (2) a b 1 1 2 2 3"
    assert told({"x": [0.5, 0.25]}) == "the name (1) x 0.5, 0.25"
    assert "… (50 in all)" in told(list(range(50))) and "… 30 in all" in told({str(i): i for i in range(30)})
    assert told({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}).endswith("more inside")
    assert "… 300 in all" in Page(str(values.figures({str(i): i for i in range(300)}))).text
    deep: Any = 1
    for _ in range(900):
        deep = [deep, {}]
    assert len(told(deep)) < 200


def test_curves_run_through_their_values() -> None:
    count, drawn = curves.trainings({"net": {"loss": [4.0, 1.0, float("nan"), 2.0], "val_loss": [3.0] * 4}})
    page = Page(str(drawn))
    line, dashed = page.all("path", "d")
    points = [tuple(map(float, each)) for each in re.findall(r"[ML]([\d.]+) ([\d.]+)", line)]
    (x1, y1), (x2, y2), (x4, y4) = points
    assert count == 1 and line.count("M") == 2, "a gap where there is no number"
    assert x2 - x1 == pytest.approx((x4 - x1) / 3, abs=0.1), "epochs are as far apart as they are"
    assert (y1 - y4) / (y1 - y2) == pytest.approx(2 / 3, abs=0.01), "2 lies two thirds of the way from 4 to 1"
    assert y1 < y4 < y2 and f" {y1 + (y2 - y1) / 3:.1f}" in dashed
    ticks = [float(word) for word in page.words if re.fullmatch(r"[\d.]+", word)][:-1]
    assert ticks == sorted(ticks) and min(ticks) >= 1 and max(ticks) <= 4


@pytest.mark.parametrize(
    "curve", [[1.0] * 3, [0.0] * 2, [None, "x"], [1e-12, 2e-12], [1e290, -1e290], [10**400, 1]]
)
def test_curves_of_odd_numbers(curve: list[Any]) -> None:
    page = Page(str(curves.trainings({"net": {"loss": curve}})[1]))
    numbers = re.findall(r"[\d.]+|nan|inf", " ".join(page.all("path", "d")))
    assert all(0 <= float(each) <= 400 for each in numbers)


def test_many_and_long_trainings() -> None:
    count, drawn = curves.trainings({str(i): {"loss": [1.0]} for i in range(100)})
    assert count == 100 and "… 100 in all" in drawn
    _, drawn = curves.trainings({"net": {"loss": [1 / (i + 1) for i in range(100_000)]}})
    assert len(drawn) < 10_000
    _, drawn = curves.trainings({"net": {"loss": [2.30201, 2.30202]}})
    labels = [word for word in Page(str(drawn)).words if word.startswith("2.302") and " " not in word]
    assert len(set(labels)) == len(labels) >= 2, "ticks can be told apart"


def test_text_is_escaped_and_markup_is_not() -> None:
    made = markup.element("a", "<b>", markup.element("i", "&"), href='"><', hidden=True, title=None)
    assert made == '<a href="&quot;&gt;&lt;" hidden>&lt;b&gt;<i>&amp;</i></a>'
    assert markup.text("a" + made[:1]) == "a&lt;", "what has been cut or glued is a text again"
    assert markup.text("\x00\x1b\x7f\ud800\n") == "\ufffd" * 4 + "\n"


def test_the_list_names_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([]) == 0
    assert "python -m chapters report" in capsys.readouterr().out
