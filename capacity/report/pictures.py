"""Pictures as files for documents, and as SVG inside a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from markupsafe import Markup
from matplotlib.figure import Figure

from capacity.report.style import look
from console.results import new_file

_SVG: Final = "http://www.w3.org/2000/svg"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_DPI: Final = 160

Xml.register_namespace("", _SVG)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a page. ``name`` is that of its files, without their ending."""

    name: str
    title: str
    description: str
    inline: Markup


def publish(
    figure: Figure | None, name: str, title: str, description: str, folder: Path
) -> Iterator[Picture]:
    """Write a figure as SVG and PNG, and yield it for the page; nothing where there is none.

    The same figures give the same files, byte for byte. The caller draws inside `style.look`.

    Raises:
        NotWritable: a file cannot be written.
    """
    if figure is None:
        return
    drawn = BytesIO()
    with look(name):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
        with new_file(folder / f"{name}.png") as file:
            figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    with new_file(folder / f"{name}.svg") as file:
        file.write(drawn.getvalue())
    yield Picture(name, title, description, _inline(drawn.getvalue(), name, title, description))


def _inline(svg: bytes, name: str, title: str, description: str) -> Markup:
    """The picture as an element of a page: named for those who cannot see it, ids of its own."""
    root = Xml.fromstring(svg)  # noqa: S314 - drawn by this process, a line above
    for element in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(element)
    for parent in list(root.iter(f"{{{_SVG}}}defs")):
        # Its only rule would hold for every picture of the page; the page's style has it.
        for element in parent.findall(f"{{{_SVG}}}style"):
            parent.remove(element)
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == _HREF:
                del element.attrib[key]
                element.set("href", f"#{name}-{value.removeprefix('#')}")
            elif value.startswith("url(#"):
                element.set(key, f"url(#{name}-{value.removeprefix('url(#')}")
    width = float(root.attrib.pop("width").removesuffix("pt"))
    del root.attrib["height"]
    # A point is 4/3 of a pixel: the text gets the size that it was drawn for, if there is room.
    root.set("style", f"max-width:{width * 4 / 3:.0f}px")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = Xml.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(place, element)
    return Markup(Xml.tostring(root, encoding="unicode"))  # noqa: S704 - escaped by the serialiser
