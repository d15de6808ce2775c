"""Which scans a list, a CSV or a folder names, in which order and by which ids."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.cohort.cohort import SCAN_ID
from pylayers.errors import CohortError, UsageError
from tools.scan_lists.scan_list import jobs_of, named_jobs, shard_of
from tools.scan_lists.scan_table import ScanJob, source_key

DICOM = b"\0" * 128 + b"DICM" + b"\0" * 8


def ids(source):
    return [job.scan_id for job in jobs_of(source)]


def files(folder, *names, content=b"x"):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_a_list_keeps_its_order_and_is_relative_to_itself(tmp_path):
    text = "\ufeffz/b.nii.gz\r\n\r\n# a comment\r\n  a b.mhd  \n/data/Doe^J/c.MHA\n../up/d.zip"
    (tmp_path / "list.txt").write_text(text, "utf-8")
    assert jobs_of(tmp_path / "list.txt") == [
        ScanJob(tmp_path / "z/b.nii.gz", scan_id="z_b"),
        ScanJob(tmp_path / "a b.mhd", scan_id="a_b"),
        ScanJob(Path("/data/Doe^J/c.MHA"), scan_id="c"),  # nothing is said of folders elsewhere
        ScanJob(tmp_path / "../up/d.zip", scan_id="d"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("on_disk", ["utf-8", "latin-1"])
def test_a_list_names_files_in_whatever_encoding(on_disk, encoding, tmp_path):
    name = os.fsdecode("grün.mha".encode(on_disk))
    (tmp_path / name).touch()
    (tmp_path / "list.txt").write_bytes("a.mha\ngrün.mha\n".encode(encoding))
    found = [job.scan for job in jobs_of(tmp_path / "list.txt")]
    there = encoding == "latin-1" or on_disk == "utf-8"
    assert found == [tmp_path / "a.mha", tmp_path / (name if there else "grün.mha")]


def test_no_line_of_a_list_stops_the_others(tmp_path):
    lines = ["x\0y.mha", "n" * 5000, "/dev/zero", "a\x0bb.mha", "\udcff.mha", "p.mha", "."]
    os.mkfifo(tmp_path / "p.mha")
    (tmp_path / "list.txt").write_bytes(b"a.mha\n" + os.fsencode("\n".join(lines)))
    jobs = jobs_of(tmp_path / "list.txt")
    assert [job.scan for job in jobs][1:] == [tmp_path / line for line in lines]
    assert all(len(source_key(job)) == 64 for job in jobs)


def test_a_csv_is_read_as_for_a_cohort_but_its_labels_do_not_matter(tmp_path):
    table = tmp_path / "t.CSV"
    table.write_text('scan_id,path,mask,mask_labels,fev1pp\nx,a.mhd,m.nrrd,"10-12",?\ny,b,,,\n')
    assert jobs_of(table) == [
        ScanJob(tmp_path / "a.mhd", tmp_path / "m.nrrd", (10, 11, 12), scan_id="x"),
        ScanJob(tmp_path / "b", scan_id="y"),
    ]
    table.write_text("scan_id,path\na/b,a.mhd\nc,\n")
    with pytest.raises(CohortError, match=r"(?s)line 2: scan_id 'a/b'.*line 3: c has no path"):
        jobs_of(table)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.tsv", "scan_id\tpath\nx\ta.mhd\n"),
        ("t.txt", "Path;Scan ID\na.mhd;x\n"),
        ("t", '# a note\n"scan_id","path"\n"x","a.mhd"\n'),
    ],
)
def test_a_table_is_known_by_its_header(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    assert jobs_of(tmp_path / name) == [ScanJob(tmp_path / "a.mhd", scan_id="x")]


def test_a_list_comes_through_a_pipe_too(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for text in ("/d/a.mhd\n", "path\n/d/a.mhd\n"):
        writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,))
        writer.start()
        assert jobs_of(tmp_path / "pipe")[-1].scan == Path("/d/a.mhd")
        writer.join(10)


def test_a_folder_is_searched_for_every_kind_of_scan(tmp_path):
    files(tmp_path, "b.mhd", "b.raw", "a/x.NII.GZ", "a/y.nhdr", "a/y.raw.gz", "c.zip", "c.txt")
    files(tmp_path, "a/x_partialLungLabelMap.nrrd", ".hidden.mha", ".git/z.mha", "p/._q.nii")
    files(tmp_path, "p/s1/1.dcm", "p/s1/2.dcm", "p/s2/IM0", "DICOMDIR", content=DICOM)
    files(tmp_path, "p/s3/lungs_partialLungLabelMap.dcm", "p/s4/b.raw", content=DICOM)
    files(tmp_path, "p/s1/notes.txt", "p/s5/short")
    assert ids(tmp_path) == ["a_x", "a_y", "b", "c", "p_s1", "p_s2"]
    assert jobs_of(tmp_path)[4].scan == tmp_path / "p/s1"
    assert ids(tmp_path / "p/s1") == ["s1"]


def test_links_are_followed_without_going_round_in_circles(tmp_path):
    files(tmp_path, "data/m/a.mha", "elsewhere/e.mha")
    data = tmp_path / "data"
    (data / "a_link").symlink_to(data / "m")  # already there under its own name
    (data / "loop").symlink_to(data)
    (data / "self").symlink_to("self")
    (data / "more").symlink_to(tmp_path / "elsewhere")
    (data / "gone.mha").symlink_to("nowhere")  # to be refused, not to be passed over
    os.mkfifo(data / "pipe")
    assert ids(data) == ["gone", "m_a", "more_e"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.txt", None, "there is no .*none.txt"),
        ("empty.txt", b"\n# nothing\n", "holds no scans"),
        ("scan.nrrd", b"NRRD", "is a scan, not a list of scans; score_scan.py"),
        ("binary", b"\xff\xfe\x00", "is not a list: it is not text"),
    ],
)
def test_what_is_no_list_is_said_so(name, content, says, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=says):
        jobs_of(tmp_path / name)


def test_a_folder_without_scans_is_said_so(tmp_path):
    with pytest.raises(UsageError, match="holds no scans"):
        jobs_of(tmp_path)


def test_equal_names_are_told_apart():
    paths = [Path("/d", name) for name in ("a.mhd", "a.nii", "A.zip", "a-2.mha", "b c.mha", "b_c")]
    names = [job.scan_id for job in named_jobs(paths, Path("/d"))]
    assert names == ["a", "a-2", "A-3", "a-2-2", "b_c", "b_c-2"]


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)))
def test_every_id_is_safe_as_a_file_name_and_unlike_the_others(names):
    found = [job.scan_id for job in named_jobs([Path("/d", name) for name in names], Path("/d"))]
    assert len({name.lower() for name in found}) == len(names)
    assert all(SCAN_ID.fullmatch(name) for name in found)


@given(st.integers(0, 40), st.integers(1, 12))
def test_shards_hold_every_scan_once(count, shards):
    jobs = list(range(count))
    parts = [shard_of(jobs, f"{i}/{shards}") for i in range(1, shards + 1)]
    assert sorted(job for part in parts for job in part) == jobs
    assert parts[0] == jobs[0::shards]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "-1/2", "a/b", "1/2/3", " 1/2"])
def test_a_wrong_shard_is_refused(text):
    with pytest.raises(UsageError, match="is not i/n"):
        shard_of([1], text)
