"""The checkout that this code lies in, and paths as messages show them."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def relative(path: str | os.PathLike[str]) -> str:
    """Return a path relative to the checkout where it lies in it, else absolute."""
    path = Path(path).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
