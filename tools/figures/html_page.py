"""Pages as one HTML file: templates whose content is escaped, and pictures inside the file."""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def page_templates(folder: Path) -> Environment:
    """Return the templates of a folder, which escape their content and fail for unknown names."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def data_uri(picture: bytes, kind: str) -> str:
    """Return a picture as the src of an <img>; kind: "png" or "jpeg"."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
