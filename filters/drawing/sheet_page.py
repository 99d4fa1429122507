"""The sheet as a page: one HTML file that needs nothing beside it and loads nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from .html import THEME, data_uri, kernel_tables
from .sheet import KEY, MOST_DRAWN, SHOWN_AS, SheetRow, enlargement


def sheet_html(rows: Sequence[SheetRow], title: str) -> str:
    """A sheet as one HTML page, in light and dark, for the screen, a telephone and paper.

    title: plain text, such as the picture's file name; every text is escaped. Kernels up to 7×7
    are tables of numbers, larger ones pictures; pictures are PNG inside the page.
    Raises InputError where there is no row.

    >>> import numpy as np
    >>> from ..kernel import Kernel
    >>> blank = SheetRow("x", "", (Kernel([[1]]),), "clip", np.zeros((2, 3), np.uint8))
    >>> "<h1>&lt;b&gt;</h1>" in sheet_html([blank], "<b>")
    True
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    if not rows:
        raise InputError("a sheet needs at least one filter")
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    return environment.from_string(_PAGE).render(
        title=title,
        theme=Markup(THEME),
        key=KEY,
        shows={entry.show: SHOWN_AS[entry.show] for entry in rows if entry.show in SHOWN_AS},
        rows=[_described(entry) for entry in rows],
    )


def _described(entry: SheetRow) -> dict[str, object]:
    times = enlargement(entry.pixels)
    height, width = entry.pixels.shape[:2]
    alone = len(entry.kernels) == 1
    drawn = [plane for kernel in entry.kernels for plane in kernel_tables(kernel, alone)]
    crowd = "alone" if len(drawn) == 1 else "several" if len(drawn) == 2 else "many"
    return {
        "name": entry.name,
        "meaning": entry.meaning,
        "show": entry.show,
        "image": data_uri(entry.pixels),
        "width": width * times,
        "height": height * times,
        "enlarged": times > 1,
        "crowd": crowd,
        "kernels": drawn[:MOST_DRAWN],
        "more": max(0, len(drawn) - MOST_DRAWN),
    }


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{{ title }}: filters</title>
<style>
{{ theme }}
* { box-sizing: border-box; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.45 system-ui, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; font-weight: 600; overflow-wrap: anywhere; }
article { display: grid; grid-template-columns: minmax(12rem, 1fr) 20rem minmax(0, 30rem);
  gap: 1.5rem; align-items: start; padding: 1.25rem 0; border-top: 1px solid var(--line);
  break-inside: avoid; }
h2 { margin: 0 0 .25rem; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
p, figure { margin: 0; }
.meaning { max-width: 34em; }
.faint, caption, figcaption, footer { color: var(--faint); font-size: .875rem; }
.kernels { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: flex-start; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { caption-side: bottom; padding-top: .25rem; text-align: left; overflow-wrap: anywhere; }
td { min-width: 3rem; height: 3rem; padding: 0 .2rem; border: 1px solid #96969c;
  text-align: center; font-size: .9rem; }
.alone td { min-width: 3.6rem; height: 3.6rem; font-size: 1.1rem; }
.many td { min-width: 1.7rem; height: 1.7rem; padding: 0 .1rem; font-size: .75rem; }
.decimal td { min-width: 2.8rem; }
.wide td { min-width: 2.3rem; height: 2.1rem; padding: 0 .1rem; font-size: .75rem; }
img { display: block; max-width: 100%; height: auto; }
.enlarged { image-rendering: pixelated; }
figcaption { padding-top: .25rem; }
footer { padding-top: 1rem; border-top: 1px solid var(--line); }
@media (max-width: 62rem) {
  article { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .operation { grid-column: 1 / -1; }
}
@media (max-width: 40rem) {
  body { padding: 1rem; }
  article { grid-template-columns: minmax(0, 1fr); gap: .9rem; }
}
@media print {
  html { font-size: 10px; }
  body { max-width: none; padding: 0; }
  article { grid-template-columns: minmax(0, 1fr) 22rem 22rem; padding: .8rem 0; }
  .kernels img { max-width: 11rem; }
  .operation { grid-column: auto; }
}
</style>
</head>
<body>
<h1>{{ title }}</h1>
<main>
{% for row in rows %}
<article>
<div class="operation">
<h2>{{ row.name }}</h2>
<p class="meaning">{{ row.meaning }}</p>
</div>
<div class="kernels {{ row.crowd }}">
{% for kernel in row.kernels %}
{% if kernel.cells %}
<table class="{{ kernel.shape }}">
<caption>{{ kernel.label }}</caption>
<tbody>
{% for line in kernel.cells %}
<tr>{% for cell in line %}<td style="{{ cell.style }}">{{ cell.text }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% else %}
<figure>
<img src="{{ kernel.image }}" alt="{{ kernel.alternative }}">
<figcaption>{{ kernel.label }}</figcaption>
</figure>
{% endif %}
{% endfor %}
{% if row.more %}
<p class="faint">and {{ row.more }} more</p>
{% endif %}
</div>
<figure>
<img src="{{ row.image }}" width="{{ row.width }}" height="{{ row.height }}"
  alt="{{ title }} after {{ row.name }}, shown as {{ row.show }}"
  {% if row.enlarged %}class="enlarged"{% endif %}>
<figcaption>shown as {{ row.show }}</figcaption>
</figure>
</article>
{% endfor %}
</main>
<footer>
<p>{{ key }}</p>
{% for show, meaning in shows.items() %}
<p>{{ show }}: {{ meaning }}</p>
{% endfor %}
</footer>
</body>
</html>
"""
