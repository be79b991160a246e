"""The retry schedule: pure, with the random number handed in."""

import pytest

from bundled_server.queue.schedule import RetrySchedule

STEPS = (60.0, 300.0, 900.0)
MIDDLE, LOWEST = 0.5, 0.0


@pytest.mark.parametrize(("attempts", "pause"), [(1, 60), (2, 300), (3, 900), (4, 900), (50, 900)])
def test_pauses_follow_the_steps_and_the_last_one_repeats(attempts: int, pause: float) -> None:
    schedule = RetrySchedule(STEPS, 432_000.0, lambda: MIDDLE)
    assert schedule.next_try(attempts, arrived=0.0, now=1000.0) == pytest.approx(1000.0 + pause)


def test_jitter_keeps_within_a_tenth() -> None:
    early = RetrySchedule(STEPS, 432_000.0, lambda: LOWEST).next_try(1, 0.0, 0.0)
    late = RetrySchedule(STEPS, 432_000.0, lambda: 0.999_999).next_try(1, 0.0, 0.0)
    assert early == pytest.approx(54.0)
    assert late == pytest.approx(66.0, rel=1e-3)


def test_the_last_attempt_is_at_the_end_itself_and_then_it_is_over() -> None:
    schedule = RetrySchedule(STEPS, 1000.0, lambda: MIDDLE)
    assert schedule.next_try(3, arrived=0.0, now=900.0) == 1000.0
    assert schedule.next_try(4, arrived=0.0, now=1000.0) is None
