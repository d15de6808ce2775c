"""README and docs: short enough, and every link, command, option and file that they name exists."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

README = ROOT / "README.md"
MOST_WORDS = 1500
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "data" / "README.md"]
PROGRAMS = sorted(f"tools/{path.name}" for path in (ROOT / "tools").glob("[!_]*.py"))
PICTURES = sorted((ROOT / "docs").glob("*.png"))
MOST_PICTURE_BYTES = 300_000

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:^|&& |scan2num )make ([a-z][a-z-]*)", re.MULTILINE)
PROGRAM = re.compile(r"(?:tools|data)/[\w/]+\.py")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
PLACE = re.compile(r"(?:tools|pylayers|tests|prototxt)/[\w/.]*\w/?|data/[a-z0-9_]+(?:/[\w.]+)*/?")
MODULE = re.compile(r"^(?:from|import) ((?:pylayers|tools|data)[\w.]*)", re.MULTILINE)
# Of what is run in a container, with Caffe or with pytest.
FOREIGN_OPTIONS = {
    "--no-project",
    "--with-requirements",
    "--rm",
    "--user",
    "--gpus",
    "--shm-size",
    "--solver",
    "--snapshot",
    "--version",
}
FOREIGN_OPTIONS |= {"--help"}
# Of Dask and SLURM.
FOREIGN_OPTIONS |= {
    *("--scheduler-file", "--nthreads", "--no-dashboard", "--local-directory", "--death-timeout"),
    *("--host", "--port", "--protocol", "--tls-ca-file", "--tls-cert", "--tls-key"),
    *("--array", "--cpus-per-task", "--mem", "--time"),
}


def page_id(page: Path) -> str:
    """Return a page's name for pytest."""
    return str(page.relative_to(ROOT))


def code_in(page: Path) -> list[str]:
    """Return what a page sets as code: blocks, and words between backquotes."""
    return [block or words for block, words in CODE.findall(page.read_text())]


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@cache
def help_of(program: str) -> str:
    """Return what a program's --help prints."""
    done = subprocess.run(
        [sys.executable, ROOT / program, "--help"], capture_output=True, text=True, check=True
    )
    return done.stdout


@cache
def all_options() -> set[str]:
    """Return the options of all programs in tools/."""
    return {option for program in PROGRAMS for option in OPTION.findall(help_of(program))}


def make_targets() -> set[str]:
    """Return the targets of the Makefile that `make` lists."""
    return set(re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_file_of_tools_is_a_program(program):
    assert help_of(program).startswith(f"usage: {Path(program).name}")


def test_the_readme_is_read_in_five_minutes():
    assert len(README.read_text().split()) <= MOST_WORDS


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    for link in links:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES[1:], ids=page_id)
def test_the_readme_or_the_index_leads_to_every_page(page):
    links = {
        (source.parent / link.partition("#")[0]).resolve()
        for source in (README, ROOT / "docs" / "README.md")
        for link in LINK.findall(source.read_text())
    }
    assert page in links


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_make_target_exists(page):
    named = {name for code in code_in(page) for name in MAKE.findall(code)}
    assert named <= make_targets() | {"clean"}


def test_the_readme_names_the_commands_of_a_newcomer():
    code = code_in(README)
    named = {name for words in code for name in MAKE.findall(words)}
    assert {"demo", "test", "train", "resume", "report", "setup"} <= named


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_option_that_follows_a_program_is_its_own(page):
    """In a line of a block, what stands after the program; the last one where there are several."""
    for code in code_in(page):
        for line in code.replace("\\\n", " ").splitlines():
            programs = list(PROGRAM.finditer(line))
            for program, end in zip(programs, [*programs[1:], None], strict=False):
                words = line[program.end() : end.start() if end else None].split(" # ")[0]
                for option in OPTION.findall(words):
                    assert option in OPTION.findall(help_of(program[0])), (program[0], option)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_option_exists(page):
    importers = {path for code in code_in(page) for path in PROGRAM.findall(code)}
    known = all_options() | FOREIGN_OPTIONS
    known |= {option for path in importers for option in OPTION.findall(help_of(path))}
    assert {option for code in code_in(page) for option in OPTION.findall(code)} <= known


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_file_and_module_exists(page):
    code = "\n".join(code_in(page))
    for place in PLACE.findall(code):
        assert (ROOT / place).exists(), place
    for module in MODULE.findall(code):
        path = ROOT / module.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), module


def test_the_readme_lists_every_room():
    block = README.read_text().partition("## Where is what")[2]
    for folder in ("pylayers", "tools", "data"):
        for path in (ROOT / folder).iterdir():
            if (path / "__init__.py").exists() and path.name not in SMALL_ROOMS:
                assert re.search(rf"\b{path.name}\b", block), path


# what holds no step on the way of a scan: files, errors, the command line; the importers' own room
SMALL_ROOMS = {"files", "command_line", "importers"}


@pytest.mark.parametrize("picture", PICTURES, ids=page_id)
def test_every_picture_is_shown_small_and_drawn_by_one_command(picture):
    name = picture.name
    assert any(f"]({prefix}{name})" in page.read_text() for page in PAGES for prefix in PREFIXES)
    assert picture.stat().st_size < MOST_PICTURE_BYTES
    assert picture.stem in help_of("tools/draw_pictures.py").partition("--only")[2]


PREFIXES = ("docs/", "")


def test_the_citation_names_the_paper_as_the_readme_does():
    citation = (ROOT / "CITATION.cff").read_text()
    title = "Function Follows Form: Regression from Complete Thoracic Computed Tomography Scans"
    readme = " ".join(README.read_text().split())
    assert f'title: "{title}"' in citation and f"*{title}*" in readme
    families = re.findall(r"family-names: (.+)", citation)
    assert families == ["Argus", "Schaefer-Prokop", "Lynch", "van Ginneken"]
    assert all(name in readme for name in families)
    assert "1909.12047" in citation and "1909.12047" in readme
