"""The brake on password guessing."""

from bundled_server.auth.throttle import LoginThrottle


class HandClock:
    """A clock turned by hand, which notes how long anyone slept."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_the_delay_grows_with_failures_and_is_the_same_for_unknown_accounts() -> None:
    for account in ("alice", "nobody"):
        clock = HandClock()
        throttle = LoginThrottle(clock, failures_per_minute=100)
        for _ in range(10):
            assert await throttle.admit("192.0.2.1", account)
            throttle.failed("192.0.2.1", account)
        assert clock.slept == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


async def test_an_address_that_fails_too_often_is_not_heard_for_a_while() -> None:
    clock = HandClock()
    throttle = LoginThrottle(clock, failures_per_minute=3)
    for account in ("a", "b", "c"):
        throttle.failed("192.0.2.1", account)
    assert not await throttle.admit("192.0.2.1", "alice")
    assert await throttle.admit("192.0.2.2", "alice")
    clock.time = 61.0
    assert await throttle.admit("192.0.2.1", "alice")


async def test_guesses_at_one_account_from_many_addresses_slow_down_but_lock_nobody_out() -> None:
    clock = HandClock()
    throttle = LoginThrottle(clock, failures_per_minute=3)
    for number in range(50):
        throttle.failed(f"192.0.2.{number}", "alice")
    assert await throttle.admit("198.51.100.1", "alice")
    assert clock.slept == [5.0]
    throttle.succeeded("198.51.100.1", "alice")
    assert await throttle.admit("198.51.100.1", "alice")
    assert clock.slept == [5.0]
