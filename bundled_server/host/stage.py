"""The stage: what a practice world does to a host it runs; a host of the real world has an empty one."""

from collections.abc import Callable
from dataclasses import dataclass

from bundled_server.auth.passwords import Cost
from bundled_server.courier import LocalPlanner
from bundled_server.journal import Gathering
from bundled_server.net.listener import SessionFactory


def _as_they_are(_: str, sessions: SessionFactory) -> SessionFactory:
    return sessions


def _as_it_is(planner: LocalPlanner) -> LocalPlanner:
    return planner


@dataclass(frozen=True, slots=True)
class Stage:
    """`gathering` hears the host's journal; `sessions` may stand between a port (its service's name) and its
    dialogues, `planner` between the queue and the mailboxes. Passwords that everybody knows need no costly hash
    (`password_cost`). With `shows_ciphertext` what travels under TLS can be seen by whoever asks a connection."""

    gathering: Gathering | None = None
    sessions: Callable[[str, SessionFactory], SessionFactory] = _as_they_are
    planner: Callable[[LocalPlanner], LocalPlanner] = _as_it_is
    password_cost: Cost | None = None
    shows_ciphertext: bool = False


EMPTY_STAGE = Stage()
