"""Sessions of web mail: limits, and when they end."""

import pytest

from termail.web.sessions import Limits, Session, Sessions, TooManySessions

LIMITS = Limits(sessions=3, sessions_of_user=2, idle_seconds=60.0, longest_seconds=300.0)


class Scene:
    """Sessions on a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.ended: list[Session] = []
        self.sessions = Sessions(LIMITS, lambda: self.now, self.ended.append)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_session_is_found_by_its_token_alone(scene: Scene) -> None:
    alice, bob = scene.sessions.begin("alice"), scene.sessions.begin("bob")
    assert scene.sessions.find(alice.token) is alice
    assert scene.sessions.find(bob.token) is bob
    assert scene.sessions.find("") is None
    assert len(alice.token) >= 43
    await scene.sessions.end(alice)
    assert scene.sessions.find(alice.token) is None
    assert scene.ended == [alice]


async def test_an_idle_session_ends_and_closes_its_pages(scene: Scene) -> None:
    session = scene.sessions.begin("alice")
    closed: list[bool] = []

    async def close() -> None:
        closed.append(True)

    session.pages.add(close)
    scene.now += 59
    scene.sessions.touch(session)
    scene.now += 59
    await scene.sessions.end_those_over()
    assert scene.sessions.find(session.token) is session
    scene.now += 1
    assert scene.sessions.find(session.token) is None, "over before anybody swept"
    await scene.sessions.end_those_over()
    assert (closed, scene.ended, len(scene.sessions)) == ([True], [session], 0)


async def test_a_busy_session_ends_too_one_day(scene: Scene) -> None:
    session = scene.sessions.begin("alice")
    for _ in range(6):
        scene.now += 50
        scene.sessions.touch(session)
    assert scene.sessions.find(session.token) is None


def test_there_is_room_for_so_many_and_no_more(scene: Scene) -> None:
    scene.sessions.begin("alice")
    scene.sessions.begin("alice")
    with pytest.raises(TooManySessions, match="too often"):
        scene.sessions.begin("alice")
    scene.sessions.begin("bob")
    with pytest.raises(TooManySessions, match="Too many people"):
        scene.sessions.begin("carol")
