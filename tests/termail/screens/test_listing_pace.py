"""A first sync tells of news many times a second: the listing follows without eating the time."""

from collections.abc import Callable

from termail.screens.listing_pace import SHARE, ListingPace


class Scene:
    """Time that is moved by hand, and the timers that were set."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.read_at: list[float] = []
        self.pace = ListingPace(self.later, self.read, lambda: self.now)

    def later(self, delay: float, callback: Callable[[], None]) -> None:
        self.timers.append((delay, callback))

    def read(self) -> None:
        self.read_at.append(self.now)

    def took(self, seconds: float) -> None:
        began = self.now
        self.now += seconds
        self.pace.note(began)


def test_the_first_news_are_read_at_once() -> None:
    scene = Scene()
    scene.pace.news()
    assert scene.read_at == [100.0]


def test_a_slow_listing_waits_and_gathers_the_news() -> None:
    scene = Scene()
    scene.took(0.5)
    for _ in range(20):
        scene.pace.news()
    assert scene.read_at == []
    assert [delay for delay, _ in scene.timers] == [SHARE * 0.5]
    scene.now += SHARE * 0.5
    scene.timers.pop()[1]()
    assert scene.read_at == [scene.now]


def test_after_its_rest_a_slow_listing_is_read_at_once() -> None:
    scene = Scene()
    scene.took(0.5)
    scene.now += SHARE * 0.5
    scene.pace.news()
    assert (scene.read_at, scene.timers) == ([scene.now], [])
