"""The hash of a file's content."""

import hashlib
import os


def sha256(path: str | os.PathLike[str]) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
