"""The report, as a browser shows it: on a desk, on a phone, and on paper."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.capacity.report.browser import Page, browser

SECTIONS = (
    "recommendation",
    "results",
    "answers",
    "front",
    "configurations",
    "skipped",
    "limits",
    "environment",
    "commands",
    "glossary",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def test_every_section_has_a_heading_and_a_height(page: Page, report: Path) -> None:
    page.open(report.as_uri(), 1200)
    for section in SECTIONS:
        assert page.value(f"document.getElementById('{section}').offsetHeight") > 50, section
        assert page.value(f"!!document.querySelector('#{section} h2')"), section


def test_every_link_of_the_contents_leads_somewhere(page: Page, report: Path) -> None:
    page.open(report.as_uri(), 1200)
    script = "[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))"
    links = page.value(script)
    assert len(links) > len(SECTIONS)
    missing = [one for one in links if not page.value(f"!!document.getElementById({one[1:]!r})")]
    assert not missing


@pytest.mark.parametrize("width", [1200, 390])
def test_pictures_are_drawn_and_named(page: Page, report: Path, width: int) -> None:
    page.open(report.as_uri(), width)
    pictures = page.value(
        "[...document.querySelectorAll('figure svg')].map(svg => {"
        " const box = svg.getBoundingClientRect();"
        " const named = svg.getAttribute('aria-labelledby').split(' ')"
        "   .map(id => (document.getElementById(id) || {}).textContent || '');"
        " return [box.width, box.height, svg.querySelectorAll('path, use').length, ...named] })"
    )
    assert len(pictures) > 30
    for wide, high, strokes, title, description in pictures:
        assert wide > 250, title
        assert high > 120, title
        assert strokes > 10, title
        assert title
        assert description, title


def test_ids_are_unique(page: Page, report: Path) -> None:
    page.open(report.as_uri(), 1200)
    ids = page.value("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_nothing_but_the_file_is_asked_for(page: Page, report: Path) -> None:
    page.open(report.as_uri(), 1200)
    assert [one for one in page.requests() if not one.startswith("data:")] == [report.as_uri()]
    assert not page.complaints()


def test_a_page_that_asks_for_more_is_caught(page: Page, report: Path, tmp_path: Path) -> None:
    """The check above can fail."""
    copy = tmp_path / "report.html"
    text = report.read_text(encoding="utf-8")
    copy.write_text(
        text.replace("</main>", '<img src="http://example.invalid/x.png" alt=""></main>'),
        encoding="utf-8",
    )
    page.open(copy.as_uri(), 1200)
    assert "http://example.invalid/x.png" in page.requests()
    assert page.complaints()


@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_is_wider_than_the_page(page: Page, report: Path, width: int) -> None:
    page.open(report.as_uri(), width)
    assert page.value("document.documentElement.scrollWidth") <= width
    outside = page.value(
        "[...document.querySelectorAll('p, li, dd, h1, h2, h3, figure, figure svg, .main, .table')]"
        f".filter(e => e.getBoundingClientRect().right > {width})"
        ".map(e => e.outerHTML.slice(0, 90))"
    )
    assert outside == []


def test_labels_lie_inside_their_pictures(page: Page, report: Path) -> None:
    page.open(report.as_uri(), 1200)
    outside = page.value(
        "[...document.querySelectorAll('figure svg')].flatMap(svg => {"
        " const box = svg.getBoundingClientRect();"
        " return [...svg.querySelectorAll('text')].filter(text => {"
        "   const own = text.getBoundingClientRect();"
        "   return own.left < box.left - 3 || own.right > box.right + 3 })"
        " .map(text => svg.getAttribute('aria-labelledby') + ': ' + text.textContent) })"
    )
    assert outside == []


def test_it_prints(page: Page, report: Path) -> None:
    page.open(report.as_uri(), 1200)
    pdf = base64.b64decode(page.ask("Page.printToPDF", preferCSSPageSize=False)["data"])
    assert pdf.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 5 < pages < 60


def test_it_is_dark_on_light_also_where_the_system_is_dark(page: Page, report: Path) -> None:
    page.ask(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    page.open(report.as_uri(), 1200)
    style = "getComputedStyle(document.body)"
    assert page.value(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert page.value(f"{style}.color") == "rgb(26, 26, 26)"
