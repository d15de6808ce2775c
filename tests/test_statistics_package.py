"""The package among Python's own modules."""

import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / "tools"


def test_nothing_in_tools_hides_a_module_of_python():
    """`python tools/train.py` puts tools/ first on the path."""
    ours = {path.stem for path in TOOLS.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert "stats" in ours
    assert not (ours - {"__init__", "__pycache__"}) & set(sys.stdlib_module_names)
