"""Paths on the command line: any but an empty one, which pathlib takes for the current folder."""

import argparse
from pathlib import Path


def given_path_text(text: str) -> str:
    """Return a path as given; ArgumentTypeError (a usage error) when it is empty or blank."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty (is a variable of your script unset?)")
    return text


def given_path(text: str) -> Path:
    """Return a given path as Path; ArgumentTypeError when it is empty or blank."""
    return Path(given_path_text(text))
