"""Figures as SVG for a page: in the page's ink, with their own ids, and always the same."""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from .style import INK, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONTS = "system-ui, sans-serif"
"""The fonts of the text, which stays text."""

_NAMESPACE = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"^#(.+)$|^url\(#(.+)\)$")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_FONT_SIZE = re.compile(r"(\d[\d.]*px).*")
_UPRIGHT = re.compile(r"rotate\(-?0 ")
_DROPPED = ("metadata", "style")


def panel_svg(figure: Figure, alternative: str = "") -> str:
    """A figure as one <svg> element for a page, byte for byte the same for the same figure.

    Ink is `currentColor`, the colour of the text around it, so that it can be read on light and
    dark pages; the ground is left open. Text is text in the reader's own sans-serif font. Ids
    begin with the figure's label (the panel's name) and a hash of the drawing: those of two
    figures on a page never clash. Nothing outside of it is referred to; it shrinks with the page.
    alternative: what it shows in words, for those who hear the page.

    >>> from matplotlib.figure import Figure
    >>> panel_svg(Figure((1, 1), label="none"), "nothing")[:34]
    '<svg xmlns="http://www.w3.org/2000'
    """
    drawn = io.StringIO()
    with styled():
        figure.savefig(
            drawn,
            format="svg",
            facecolor="none",
            edgecolor="none",
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    text = drawn.getvalue()
    root = ElementTree.fromstring(text)
    label = re.sub(r"[^a-z0-9]+", "-", str(figure.get_label()).lower()).strip("-") or "panel"
    prefix = f"{label}-{hashlib.sha256(text.encode()).hexdigest()[:8]}-"
    kept = {name for element in root.iter() for name in _references(element)}
    _without(root, _DROPPED)
    for element in root.iter():
        _clean(element, prefix, kept)
    box = root.get("viewBox", "")
    width, height = (float(side) for side in box.split()[2:])
    root.attrib = {
        "xmlns": _NAMESPACE,
        "viewBox": box,
        # Points to the pixels of a page, of which 96 make an inch.
        "width": f"{width * 4 / 3:.0f}",
        "height": f"{height * 4 / 3:.0f}",
        "style": "max-width: 100%; height: auto",
        "role": "img",
        **({"aria-label": alternative} if alternative else {}),
        "font-family": FONTS,
        "stroke-linejoin": "round",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _references(element: ElementTree.Element) -> list[str]:
    """The ids that an element refers to."""
    found = (_REFERENCE.match(value) for value in element.attrib.values())
    return [match[1] or match[2] for match in found if match]


def _without(element: ElementTree.Element, names: tuple[str, ...]) -> None:
    """Take the elements of these names out of an element, however deep they lie."""
    for child in list(element):
        if _local(child.tag) in names:
            element.remove(child)
        else:
            _without(child, names)
    if not len(element) and not (element.text or "").strip():
        element.text = None
    element.tail = None


def _clean(element: ElementTree.Element, prefix: str, kept: set[str]) -> None:
    """Bring an element to the page's names, ids, ink and fonts."""
    element.tag = _local(element.tag)
    if element.tag != "text":
        element.text = None
    attributes = {}
    for name, value in element.attrib.items():
        if name == "id":
            if value in kept:
                attributes["id"] = prefix + value
        elif name == _LINK and value.startswith("data:"):
            attributes["href"] = "".join(value.split())
        elif name == "d":
            attributes[name] = _LONG_NUMBER.sub(_shortened, " ".join(value.split()))
        elif name == "style":
            attributes[name] = _style(value)
        elif not (name == "transform" and _UPRIGHT.match(value)):
            place = _REFERENCE.sub(lambda match: _prefixed(match, prefix), value)
            attributes["href" if name == _LINK else name] = place
    element.attrib = attributes


def _style(text: str) -> str:
    rules = dict(rule.strip().split(":", 1) for rule in text.split(";") if rule.strip())
    rules.pop("font-family", None)
    if "font" in rules:  # as Matplotlib wrote it before 3.10
        rules["font"] = _FONT_SIZE.sub(rf"\1 {FONTS}", rules["font"])
    inked = {name: value.strip().replace(INK, "currentColor") for name, value in rules.items()}
    return "; ".join(f"{name}: {value}" for name, value in inked.items())


def _prefixed(match: re.Match[str], prefix: str) -> str:
    return f"#{prefix}{match[1]}" if match[1] else f"url(#{prefix}{match[2]})"


def _shortened(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
