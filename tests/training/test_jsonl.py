"""JSON-lines files: half a last line is passed over, cutting back keeps whole rows only."""

from pathlib import Path

import pytest

from training import jsonl


def test_rows_come_back_and_half_a_last_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    jsonl.append(path, {"step": 1, "text": "a\nb \ud800"})
    jsonl.append(path, {"step": 2})
    with path.open("a") as file:
        file.write('{"step": 3, "te')
    assert jsonl.read(path) == [{"step": 1, "text": "a\nb \ud800"}, {"step": 2}]


def test_cutting_back_drops_later_rows_and_the_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    for step in (1, 1, 2, 3):
        jsonl.append(path, {"step": step})
    with path.open("a") as file:
        file.write('{"st')
    jsonl.keep_until(path, 2)
    assert [row["step"] for row in jsonl.read(path)] == [1, 1, 2]
    assert path.read_text().endswith("}\n")
    jsonl.append(path, {"step": 3})
    assert len(jsonl.read(path)) == 4


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    jsonl.keep_until(tmp_path / "none", 3)
    assert jsonl.read(tmp_path / "none") == []


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"step": 1}\nnonsense\n{"step": 2}\n')
    with pytest.raises(ValueError, match=r"rows\.jsonl, line 2 is no JSON"):
        jsonl.read(path)
