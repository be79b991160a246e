"""The journal: what it keeps, what it selects, and the file that begins anew."""

import json
from pathlib import Path

from bundled_server.journal import Agent, Filter, Journal


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_events_reach_the_file_at_a_flush(tmp_path: Path) -> None:
    journal = Journal("h", lambda: 7.0, tmp_path / "j")
    journal.record(Agent.MTA, "accepted", "one\r\nforged line", queue_id="q")
    assert (tmp_path / "j").read_text() == ""
    journal.flush()
    (event,) = lines_of(tmp_path / "j")
    assert event["text"] == "one\\x0d\\x0aforged line"
    journal.close()


def test_a_long_file_begins_anew_and_the_one_before_is_kept(tmp_path: Path) -> None:
    journal = Journal("h", lambda: 7.0, tmp_path / "j", file_limit_octets=500)
    for number in range(12):
        journal.record(Agent.MTA, "accepted", f"{number} " + "x" * 60)
        journal.flush()
    journal.close()
    assert (tmp_path / "j.1").stat().st_size < 700
    assert (tmp_path / "j").stat().st_size < 700
    assert lines_of(tmp_path / "j.1")[0]["text"] != "", "whole lines only"


def test_a_folder_that_is_gone_does_not_stop_the_mail(tmp_path: Path) -> None:
    journal = Journal("h", lambda: 7.0, tmp_path / "gone" / "j")
    journal.record(Agent.MTA, "accepted", "x")
    journal.flush()
    journal.close()
    assert len(journal.recent()) == 1


def test_by_message_id_everything_of_its_queue_ids_is_selected() -> None:
    journal = Journal("h", lambda: 7.0)
    journal.record(Agent.MSA, "accepted", "a", queue_id="q1", message_id="<1@x>")
    journal.record(Agent.MTA, "relayed", "b", queue_id="q1")
    journal.record(Agent.MTA, "relayed", "c", queue_id="q2", message_id="<2@x>")
    assert [event.text for event in Filter(message_id="1@x").select(journal.recent())] == ["a", "b"]
    assert [event.text for event in Filter(agent="mta").select(journal.recent())] == ["b", "c"]
    assert Filter(since=8.0).select(journal.recent()) == []
