"""The page: one self-contained HTML file with tables and figures; it needs no network."""

import base64
import html
from dataclasses import dataclass, field
from pathlib import Path

from tools.report.result_table import Table

COLUMN_PIXELS = 1200  # a figure of one printed column is narrower

STYLE = """
:root { color: #1b1b1b; background: #fff; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 66rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.8rem; margin: 0 0 .3rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
.warn { border-left: .4rem solid #d55e00; background: #fdf1e7; padding: .6rem 1rem; }
figure { margin: 1.2rem 0 1.8rem; } figcaption { font-weight: 600; margin-bottom: .4rem; }
img { max-width: 100%; height: auto; display: block; }
img.small { max-width: min(100%, 30rem); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: left; border-bottom: 1px solid #ddd; }
td + td { white-space: nowrap; }
thead th { border-bottom: 2px solid #555; vertical-align: bottom; }
.note { color: #555; font-size: .88rem; margin: .3rem 0; }
nav a { margin-right: 1rem; } footer { margin-top: 3rem; color: #555; font-size: .88rem; }
@media print { body { max-width: none; padding: 0; } figure { break-inside: avoid; } }
"""


@dataclass
class Section:
    """A heading, its sentences, and its tables and pictures in order."""

    title: str
    words: list[str] = field(default_factory=list)
    parts: list = field(default_factory=list)  # Table, or (Path of a PNG, caption)

    def html(self) -> str:
        """Return the section as HTML."""
        words = "".join(f"<p>{html.escape(text)}</p>" for text in self.words)
        parts = "".join(
            part.html() if isinstance(part, Table) else picture(*part) for part in self.parts
        )
        title = html.escape(self.title)
        return f'<section id="{anchor(self.title)}"><h2>{title}</h2>{words}{parts}</section>'


def anchor(title: str) -> str:
    """Return a title as the name of a place in the page."""
    return "".join(c if c.isalnum() else "-" for c in title.lower())


def picture(path: Path, caption: str) -> str:
    """Return a PNG as an inline figure."""
    data = path.read_bytes()
    pixels = int.from_bytes(data[16:20])  # the width in a PNG's first chunk
    size = " class=small" if pixels < COLUMN_PIXELS else ""
    data, said = base64.b64encode(data).decode(), html.escape(caption)
    return (
        f"<figure><figcaption>{said}</figcaption>"
        f'<img{size} alt="{said}" src="data:image/png;base64,{data}"></figure>'
    )


def page(title: str, warning: str, sections: list[Section]) -> str:
    """Return the whole page."""
    links = "".join(f'<a href="#{anchor(s.title)}">{html.escape(s.title)}</a>' for s in sections)
    warned = f"<p class=warn>{html.escape(warning)}</p>" if warning else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{html.escape(title)}</h1>{warned}<nav>{links}</nav>"
        + "".join(section.html() for section in sections)
        + "<footer>Research use, not a medical device.</footer></body></html>\n"
    )
