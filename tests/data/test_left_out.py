"""What an import left out is listed in one order and counted by reason."""

from data.importers.left_out import LeftOut, left_out_path


def test_entries_are_sorted_and_counted_in_the_order_of_the_reasons(tmp_path):
    left = LeftOut("sid", {"odd": True, "gone": False, "twice": False, "never": False})
    for name, reason in (("b", "twice"), ("a", "odd"), ("c", "gone"), ("a", "gone")):
        left.add(name, reason, f"{name}, {reason}")
    path = left_out_path(tmp_path / "t.csv")
    assert left.summary(path) == [
        "left out: gone 2, twice 1",
        "kept, but to be checked: odd 1",
        f"each is listed in {tmp_path / 't_left_out.csv'}",
    ]
    left.write(path)
    assert path.read_text().splitlines() == [
        "sid,reason,sentence",
        'a,gone,"a, gone"',
        'a,odd,"a, odd"',
        'b,twice,"b, twice"',
        'c,gone,"c, gone"',
    ]


def test_nothing_left_out_is_nothing_said_and_no_file(tmp_path):
    path = tmp_path / "t_left_out.csv"
    path.write_text("old")
    left = LeftOut("sid", {})
    left.write(path)
    assert left.summary(path) == [] and not path.exists()
