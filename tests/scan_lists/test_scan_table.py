"""Tables of scans as people write them: taken where the meaning is certain, else named by row."""

import pytest

from pylayers.cohort.cohort import read_cohort
from pylayers.errors import CohortError
from tools.scan_lists.scan_table import checked_table

PLAIN = [{"scan_id": "a01", "path": "ä/a.mhd", "split": "val", "fev1fvc": "0.64", "site": "N,S"}]


@pytest.fixture
def rows(tmp_path):
    """A function that reads a table of some bytes or text."""

    def read(content, **options):
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / "t.csv").write_bytes(content)
        return checked_table(tmp_path / "t.csv", **options)

    return read


@pytest.fixture
def wrong(rows):
    """A function that returns what is said of a table that is wrong."""

    def read(content, **options):
        with pytest.raises(CohortError) as caught:
            rows(content, **options)
        return str(caught.value)

    return read


@pytest.mark.parametrize(
    "text",
    [
        'scan_id,path,split,fev1fvc,site\na01,ä/a.mhd,val,0.64,"N,S"\n',
        'Scan_ID, path ,SPLIT,FEV1FVC ,site\r\n a01 ,ä/a.mhd,Val,0.64,"N,S"\r\n',
        "scan_id;path;split;fev1fvc;site\na01;ä/a.mhd;validation;0,64;N,S\n",
        "scan id\tPath\tsplit\tFEV1/FVC\tsite\na01\tä/a.mhd\tVALID\t0,64\tN,S\n",
        '# a note\n"scan_id";"path";"split";"fev1_fvc";"site"\n"a01";"ä/a.mhd";"val";0.64;"N,S"',
        '"scan_id","path","split","fev1fvc","site"\r"a01","ä/a.mhd","val","0.64","N,S"\r',
        "sep=;\nscan_id;path;split;fev1fvc;site\na01;ä/a.mhd;val;0,64;N,S\n",
        "site;fev1fvc;split;path;scan_id;\nN,S;0.64;val;ä/a.mhd;a01;\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-be"])
def test_a_table_of_any_make_gives_the_same_rows(text, encoding, rows):
    assert rows(text.encode(encoding)) == PLAIN


@pytest.mark.parametrize("word", ["NA", "n/a", "NaN", ".", "null", "None", " "])
def test_words_for_unknown_are_blank_in_our_columns_and_kept_in_others(word, rows):
    columns = ("subject_id", "mask", "split", "ve", "fev1fvc", "fev1pp")
    text = f"scan_id,path,site,{','.join(columns)}\nNA,a.mhd{f',{word}' * 7}\n"
    (row,) = rows(text)
    assert (row["scan_id"], row["site"]) == ("NA", word.strip())
    assert {row[name] for name in columns} == {""}


@pytest.mark.parametrize(
    ("word", "split"),
    [
        *(("Train", "train"), ("TRAINING", "train"), ("Test", "test"), ("testing", "test")),
        *(("validation", "val"), ("Valid", "val"), ("VAL", "val"), ("", "")),
    ],
)
def test_split_words_that_are_certain_are_taken(word, split, rows):
    assert rows(f"scan_id,path,split\na,a.mhd,{word}\n")[0]["split"] == split


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scan_id,path,fev1fvc,fev1pp\na,x,0.64,71,5\n", "line 2 has more cells than the header"),
        ("scan_id,path,fev1fvc,fev1pp\na,x,0,64,71\n", "after column fev1pp; put quotes"),
        ("scan_id\tpath\na\tx\ny\n\nb\tx\ty\n", "line 5 has more cells than the header, after col"),
        ("scan_id,path,split\na,x,dev\n", "line 2: split 'dev' is not one of train, val, test"),
        ("scan_id,path,split\na,x,1\n", "line 2: split '1' is not one of train, val, test"),
        ("scan_id,path,ve,VE\na,x,1,2\n", "t.csv has two columns named ve; keep one"),
        ("scan_id,path,site,site\na,x,1,1\n", "t.csv has two columns named site; keep one"),
        ("scan_id,path,FEV1/FVC,fev1_fvc\na,x,1,1\n", "two columns for fev1fvc: 'FEV1/FVC' and"),
        ("scan,path\na,x\n", "t.csv has no column scan_id; its columns are 'scan', 'path'"),
        ("scan_id|path\na|x\n", "no column scan_id; its columns are 'scan_id|path'"),
        ("scan_id,file\na,x\n", "t.csv has no column path"),
        ("scan_id,path,ve\na,x,2\nb,x,two\n", "line 3: ve 'two' is not a number"),
        ("scan_id,path,ve\na,x,1_0\n", "line 2: ve '1_0' is not a number"),
        ("scan_id,path,ve\na,x,٣\n", "line 2: ve '٣' is not a number"),
        ('scan_id,path,fev1fvc\na,x,"0,64"\n', "line 2: fev1fvc '0,64' is not a number"),
        ("scan_id;path;fev1pp\na;x;1,071,5\n", "line 2: fev1pp '1,071,5' is not a number"),
        ("scan_id;path;fev1pp\na;x;1,071\n", "line 2: fev1pp 1.071 is outside 3..200 percent"),
        ("scan_id,path\na,NA\n", "line 2: a has no path"),
        ("", "lists no scans"),
        ("scan_id,path\n", "lists no scans"),
        ('scan_id,path\na,"x\n', "t.csv line 2: unexpected end of data"),
    ],
)
def test_what_is_not_certain_is_named_by_row_and_column(text, says, wrong):
    assert says in wrong(text)


def test_a_subject_in_two_splits_is_named_with_both_rows(wrong, rows):
    text = "scan_id,subject_id,path,split\na,s1,x,train\nb,s2,x,test\nc,s1,x,{}\n"
    said = wrong(text.format("Test"))
    assert "t.csv line 4: subject_id s1 has split test here and train in t.csv line 2" in said
    for split in ("training", ""):  # a scan without a split is in none
        assert len(rows(text.format(split))) == 3
    assert len(rows(text.format("Test"), labels=False)) == 3  # is no matter to scoring


def test_a_column_that_is_carried_along_matters_only_where_it_is(rows):
    assert len(rows("scan_id,path,site,site\na,x,1,2\n", labels=False)) == 1


def test_no_row_stops_the_others_that_a_name_of_a_file_may_have(rows):
    paths = ["x\0y", "n" * 5000, "/dev/zero", "none/../../x", '"a\nb"']
    text = "scan_id,path\n" + "".join(f"s{i},{path}\n" for i, path in enumerate(paths))
    assert [row["path"] for row in rows(text)] == [path.strip('"') for path in paths]


@pytest.mark.parametrize("content", [b"PK\x03\x04\0\0\0", b"\0" * 100, b"\x93NUMPY\x01\0v\0{'desc"])
def test_what_is_no_text_is_said(content, wrong):
    assert "t.csv is not text" in wrong(content)


@pytest.mark.parametrize(
    ("header", "line", "says"),
    [
        ("scan_id,split,ve", "a,train,1,2", "line 2 has more cells than the header, after 've'"),
        ("scan_id,split,ve", "a,train", "line 2 breaks off before column 've'"),
        ("scan_id,split,VE", "a,train,1", "has a column 'VE'; write it ve"),
        ("scan_id,Split,ve", "a,train,1", "has a column 'Split'; write it split"),
        ("scan_id,split,ve,ve", "a,train,1,2", "has two columns named 've'; keep one"),
        ("scan_id;split;ve", "a;train;1", "has no column scan_id; its first is 'scan_id;split;ve'"),
        ("scan_id,split,ve", "a,Train,1", "line 2: split 'Train' is not one of train, val, test"),
        ("scan_id,split,ve", "a,train,NA", "line 2: ve 'NA' is not a number"),
        ("scan_id,subject_id,split", "a,s,train\nb,s,val", "line 3: subject_id s has split val"),
    ],
)
def test_the_cohorts_own_table_is_taken_as_it_was_written_or_not_at_all(
    header, line, says, tmp_path
):
    (tmp_path / "cohort.csv").write_text(f"{header}\n{line}\n")
    with pytest.raises(CohortError) as caught:
        read_cohort(tmp_path)
    assert says in str(caught.value)
