"""What ends the decoder of compressed slices is told apart: a damaged stream or the machine."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT
from formats import JPEG_2000, image_of, write_format

from pylayers.errors import MachineError
from pylayers.reading import dicom_codecs
from pylayers.reading.scan import read_scan


@pytest.fixture
def coded(chest, tmp_path):
    """A folder of compressed slices."""
    return write_format(tmp_path, JPEG_2000, image_of(chest.hu[:6], chest.spacing_mm, (0, 0, 0)))


def instead(monkeypatch, program):
    """Let another program stand in for the decoder."""
    popen = subprocess.Popen
    command = [sys.executable, "-c", program]
    monkeypatch.setattr(
        dicom_codecs.subprocess, "Popen", lambda _, **options: popen(command, **options)
    )


def saying(*numbers, then=""):
    """Return a program that says numbers to its parent."""
    return (
        f"import os, signal, struct, sys\n"
        f"for n in {numbers!r}: sys.stdout.buffer.write(struct.pack('<q', n))\n"
        f"sys.stdout.flush()\n{then}"
    )


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (saying(dicom_codecs.READY, then="os.kill(os.getpid(), signal.SIGKILL)"), "was killed"),
        (saying(dicom_codecs.READY, then="os.kill(os.getpid(), signal.SIGALRM)"), "too little of"),
        (saying(dicom_codecs.READY, dicom_codecs.NO_ROOM), "too little memory"),
        ("raise SystemExit(1)", "did not start"),
    ],
)
def test_what_the_machine_does_to_the_decoder_is_no_refusal(program, said, coded, monkeypatch):
    instead(monkeypatch, program)
    with pytest.raises(MachineError, match=said):
        read_scan(coded)


@pytest.mark.parametrize("ending", [signal.SIGSEGV, signal.SIGABRT, signal.SIGPROF])
def test_a_stream_that_crashes_or_hangs_the_decoder_is_damaged(ending, coded, monkeypatch):
    instead(monkeypatch, saying(dicom_codecs.READY, then=f"os.kill(os.getpid(), {int(ending)})"))
    with pytest.raises(Exception, match="corrupt: DICOM file") as caught:
        read_scan(coded)
    assert not isinstance(caught.value, MachineError)


@pytest.mark.parametrize("last", [dicom_codecs.DAMAGED, 1 << 40])
def test_nonsense_of_the_decoder_is_a_damaged_stream(last, coded, monkeypatch):
    instead(monkeypatch, saying(dicom_codecs.READY, last))
    with pytest.raises(Exception, match="corrupt: DICOM file"):
        read_scan(coded)


def test_a_decoder_that_cannot_be_started_is_no_refusal(coded, monkeypatch):
    def fails(*_, **__):
        raise OSError(11, os.strerror(11))

    monkeypatch.setattr(dicom_codecs.subprocess, "Popen", fails)
    with pytest.raises(MachineError, match="try again"):
        read_scan(coded)


def test_a_limit_of_memory_that_was_set_from_outside_is_no_refusal(coded):
    program = (
        "import resource, sys\n"
        "from pylayers.errors import MachineError\n"
        "from pylayers.reading.dicom_codecs import decoded\n"
        "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    list(decoded(sys.argv[1:]))\n"
        "except MachineError:\n"
        "    print('machine')\n"
    )
    paths = sorted(map(str, coded.iterdir()))
    result = subprocess.run(
        [sys.executable, "-c", program, *paths],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert result.stdout == "machine\n", result.stderr
