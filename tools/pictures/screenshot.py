"""Screenshot: the top of an HTML page as a headless Chromium shows it."""

import shutil
import subprocess
from pathlib import Path

from pylayers.errors import MachineError, UsageError

SIZE = (1200, 1265)  # pixels: width, height; the number and its slices
TIMEOUT_S = 120


def take_screenshot(page: Path, target: Path, size: tuple[int, int] = SIZE) -> None:
    """Write the top of a page as a PNG.

    Raises UsageError without a browser, MachineError when it fails.
    """
    browser = shutil.which("chromium")
    if browser is None:
        raise UsageError("there is no chromium; `apt-get install chromium` installs it")
    width, height = size
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--window-size={width},{height}", "--force-device-scale-factor=1",
         f"--user-data-dir={target.parent / 'browser'}", "--virtual-time-budget=5000",
         f"--screenshot={target}", page.resolve().as_uri()],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode or not target.exists():
        raise MachineError(f"chromium made no picture of {page.name}: {done.stderr[-300:]}")
