"""Paths on the command line; an empty one, for pathlib the current folder, is refused."""

import argparse
from pathlib import Path


def given_path_text(text: str) -> str:
    """Return the text of a path; ArgumentTypeError (a usage error) when it is blank."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty (is a variable of your script unset?)")
    return text


def given_path(text: str) -> Path:
    """Return a path; ArgumentTypeError when it is blank."""
    return Path(given_path_text(text))
