"""Queue ids look like sendmail's and never repeat."""

import re

from bundled_server.queue.ids import QueueIds

JUNE_17_2006 = 1150557071.0  # 2006-06-17 15:11:11 UTC


def test_an_id_tells_its_time_like_the_lecture_s() -> None:
    made = QueueIds(lambda: JUNE_17_2006, 13).next()
    assert made == "k5HFBB0D000014"
    assert re.fullmatch(r"\w{8}\d{6}", made)


def test_ids_do_not_repeat_within_a_second_nor_between_two_runs_of_it() -> None:
    first, second = QueueIds(lambda: 5.0, 100), QueueIds(lambda: 5.0, 161)
    made = [ids.next() for ids in (first, second) for _ in range(5000)]
    assert len(set(made)) == len(made)


def test_a_clock_that_goes_back_does_not_repeat_ids() -> None:
    now = [100.0]
    ids = QueueIds(lambda: now[0], 1)
    made = []
    for moment in (100.0, 101.0, 100.0, 101.0):
        now[0] = moment
        made.append(ids.next())
    assert len(set(made)) == 4
