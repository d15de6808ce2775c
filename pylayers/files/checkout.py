"""The checkout that this code lies in, its commit, and paths as messages show them."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def relative(path: str | os.PathLike[str]) -> str:
    """Return a path relative to the checkout where it lies in it, else absolute."""
    path = Path(path).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def git_commit() -> str | None:
    """Return the commit of this checkout, with '+' when files differ from it; None without git."""

    def git(*arguments: str) -> str | None:
        result = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
        )
        return result.stdout.strip() if result.returncode == 0 else None

    try:
        commit = git("rev-parse", "HEAD")
        return commit and commit + ("+" if git("status", "--porcelain") else "")
    except FileNotFoundError:
        return None
