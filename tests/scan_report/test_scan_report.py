"""score_scan --report: what the page says, that it stands alone, repeats, and fits a browser."""

import base64
import json
import re
import shutil
import subprocess

import cv2
import numpy as np
import pytest
from chest import write_scan
from processes import LIMIT_S

from pylayers.refusals import REASONS
from tools import score_scan
from tools.scan_report import maps
from tools.training.run_folder import RunFolder
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe

HOSTILE = '<img src=x onerror="alert(1)">&\u202e.nrrd'
CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser of 300 MB: apt-get install chromium"
)

NETWORK = re.compile(r"(https?:|file:|//[a-z]|<script|<iframe|javascript:|@import|url\()", re.I)


@pytest.fixture(scope="module")
def run(random_run, tmp_path_factory):
    """The random run with predictions over a validation split."""
    copy = RunFolder(tmp_path_factory.mktemp("report") / "fev1pp")
    shutil.copytree(random_run.path, copy.path)
    rows = [f"scan{i},{80 + i},{80 + 2 * i}" for i in range(11)]
    copy.predictions("val").write_text("\n".join(["scan_id,truth,prediction", *rows]) + "\n")
    return copy


@pytest.fixture(scope="module")
def reported(run, chest, tmp_path_factory):
    """A function that scores a scan with --report and returns (exit code, page's path)."""
    folder = tmp_path_factory.mktemp("scan")
    write_scan(folder / "chest.nrrd", chest.hu, origin_mm=(-310.5, 12.0, -30.0))
    (folder / "chest.nrrd").rename(folder / HOSTILE)
    write_scan(folder / "water.nrrd", np.zeros((8, 40, 40), np.int16))

    def report(name, page, weights=run):
        arguments = [str(folder / name), "--weights", str(weights.path), "--quiet"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(maps, "STEPS", 1)
            code = score_scan.main([*arguments, "--report", str(folder / page)])
        return code, folder / page

    return report


@pytest.fixture(scope="module")
def page_file(reported):
    """The chest's page."""
    code, path = reported(HOSTILE, "scan.html")
    assert code == 0
    return path


@pytest.fixture(scope="module")
def page(page_file):
    """The chest's page as text."""
    return page_file.read_text()


def test_the_page_says_what_was_promised(page, run):
    words = " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.S).split())
    for promised in (
        "FEV1 % predicted",
        "on 11 validation scans",
        "GOLD stage",
        "lowest",
        "highest",
        "Where the network looked",
        "What they do not show",
        "doi 10.48550/arXiv.1703.01365",
        "LAA-950",
        "Volume",
        "computed from the scan",
        "Lung box",
        "Trained on phantoms",
        "research use, not a medical device",
        "Preprocessing version",
        "trained on 10 scans with pixels of 0.3 to 3 mm, 0.5 to 10 mm between slices",
        load_trained(run).weights_sha256,
    ):
        assert promised in words, promised


def test_every_slice_has_a_picture_a_map_and_a_mark_in_the_overview(page):
    assert page.count('<figure class="slice') == 16
    assert page.count('class="cut"') == 16
    assert page.count("&#9660; lowest") == page.count("&#9650; highest") == 1
    pictures = re.findall(r'(?:src|href)="data:image/jpeg;base64,([^"]+)"', page)
    assert len(pictures) == 2 * 16 + 2  # and the colour bar and the coronal plane
    for content in pictures:
        image = np.frombuffer(base64.b64decode(content), np.uint8)
        assert min(cv2.imdecode(image, cv2.IMREAD_COLOR).shape[:2]) >= 10


def test_the_page_needs_nothing_but_itself(page):
    assert NETWORK.findall(re.sub(r"base64,[^\"]+", "", page)) == []
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(link.startswith("data:") for link in links)


def test_a_hostile_file_name_is_text(page):
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;&amp;?.nrrd" in page
    assert "<img src=x" not in page and "\u202e" not in page


def test_the_page_has_no_path(page, page_file, run):
    assert str(page_file.parent) not in page and str(run.path) not in page


def test_the_same_scan_has_the_same_page_to_the_byte(page_file, reported):
    again = reported(HOSTILE, "again.html")[1]
    assert again.read_bytes() == page_file.read_bytes()
    assert not list(page_file.parent.glob(".*"))


def test_a_refused_scan_has_a_page_and_exit_code_3(reported):
    code, path = reported("water.nrrd", "refused.html")
    refused = path.read_text()
    assert code == 3
    for said in ("not-hu", REASONS["not-hu"], "all voxels of water.nrrd are 0", "rescale slope"):
        assert said in refused
    assert 'class="score"' not in refused and NETWORK.findall(refused) == []


# ---- in a browser ----

# The page itself runs no script; this is put into a copy of it.
PROBE = """<script>
addEventListener("load", () => {
  const pictures = [...document.querySelectorAll("img")];
  const wide = [...document.body.querySelectorAll("*")].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1);
  document.title = "probe" + JSON.stringify({
    pictures: pictures.length, broken: pictures.filter(i => !i.naturalWidth).length,
    wide: wide.length, inner: innerWidth, scroll: document.documentElement.scrollWidth}) + "probe";
});
</script>"""


def browse(page, width, folder):
    """Open a page; return its DOM and what the browser said on the console."""
    result = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--disable-dev-shm-usage", "--enable-logging=stderr", "--virtual-time-budget=8000"),
            *(f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900"),
            *("--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return result.stdout, [line for line in result.stderr.splitlines() if "CONSOLE" in line]


@needs_chromium
@pytest.mark.parametrize("width", [1280, 800])
def test_the_page_fits_and_shows_all_pictures(width, page_file, tmp_path):
    probed = re.sub(r"<meta http-equiv=[^>]*>", "", page_file.read_text())
    # the drawing's picture as an <img>, too: only those say whether they were loaded
    (drawn,) = re.findall(r'<image href="([^"]*)"', probed)
    copy = f'<img src="{drawn}" style="position: absolute; width: 1px">'
    probed = probed.replace("</body>", copy + PROBE + "</body>")
    (tmp_path / "probed.html").write_text(probed)
    dom, console = browse(tmp_path / "probed.html", width, tmp_path)
    seen = json.loads(re.search(r"<title>probe(.*)probe</title>", dom)[1])
    assert console == []
    assert seen["inner"] == width
    assert seen["scroll"] <= width and seen["wide"] == 0
    assert (seen["pictures"], seen["broken"]) == (34, 0)


@needs_chromium
def test_the_page_itself_leaves_the_console_empty(page_file, tmp_path):
    dom, console = browse(page_file, 1280, tmp_path)
    assert "Where the network looked" in dom
    assert console == []
