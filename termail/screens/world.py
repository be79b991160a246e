"""The world while it runs: its hosts, its clock, what goes wrong in it; snapshots, and back to the start."""

import re
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from textual.app import ComposeResult

from termail.classroom.event import Event
from termail.classroom.world_client import Clock, Description, Fault, WorldClient, WorldRefused
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run, fit
from termail.widgets.select_list import TextList

CLOCK_SECONDS = 1.0
FACTORS = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_TROUBLE = (WorldRefused, aiohttp.ClientError, OSError)


class WorldScreen(MailScreen):
    """One line for each thing that can go wrong; Enter lets it go wrong, or mends it."""

    CONTEXT = Context.WORLD
    HINTS = (
        ("fault-toggle", "break or mend"),
        ("clock-faster", "faster"),
        ("clock-slower", "slower"),
        ("clock-advance", "ahead"),
        ("world-snapshot", "snapshot"),
        ("world-reset", "reset"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._client: WorldClient | None = None
        self._described: Description | None = None
        self._kinds: list[dict[str, Any]] = []
        self._faults: list[Fault] = []
        self._clock = Clock(0.0, 1.0, False)
        self._clock_read = 0.0
        self._rows: list[str] = []
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        """Everything is asked of the world."""
        self.begin(self._open())
        self.set_interval(CLOCK_SECONDS, self._tick)

    async def on_unmount(self) -> None:
        if self._client is not None:
            await self._client.__aexit__(None, None, None)

    async def _open(self) -> None:
        world = self.services.settings.practice.world
        if not world:
            raise CommandError("There is no practice world here: `termail practice` starts one.")
        self._client = _client_of(Path(world))
        self._kinds = await self._asked(self._client.fault_kinds())
        await self._read()

    async def _read(self) -> None:
        client = self._need()
        self._described = await self._asked(client.describe())
        self._faults = await self._asked(client.faults())
        self._clock = await self._asked(client.clock())
        self._clock_read = time.monotonic()
        self._draw()

    async def _asked(self, asking: Any) -> Any:
        """The world's answer, its refusal in words."""
        try:
            return await asking
        except _TROUBLE as error:
            raise CommandError(clean_line(str(error)) or "The practice world does not answer.") from error

    def hear_event(self, event: Event) -> None:
        """Something was done to the world: by us, by a lesson, by a script."""
        if event.agent == "WORLD":
            self.begin(self._read(), group="message", exclusive=True)

    # --- drawing

    def _tick(self) -> None:
        if self.is_current:
            self.show_title()

    def _now(self) -> float:
        passed = 0.0 if self._clock.paused else (time.monotonic() - self._clock_read) * self._clock.factor
        return self._clock.now + passed

    def title_runs(self) -> tuple[Run, ...]:
        if self._described is None:
            return (("World", "strong"),)
        moment = time.strftime("%a %d %b %Y %H:%M:%S", time.localtime(self._now()))
        pace = "stands still" if self._clock.paused else f"×{self._clock.factor:,g}"
        count = len(self._faults)
        return (
            ("World", "strong"),
            (f" · {moment}", "text"),
            (f" · {pace}", "dim" if self._clock.factor == 1.0 and not self._clock.paused else "warning"),
            (
                f" · {count} fault{'' if count == 1 else 's'}" if count else " · all is well",
                "error" if count else "ok",
            ),
        )

    def _draw(self) -> None:
        lines: list[list[Run]] = []
        self._rows = []
        for host in self._described.hosts if self._described else ():
            ports = " ".join(f"{name} {host.ports[name]}" for name in ("smtp", "submission", "imap", "pop3"))
            state: Run = ("● up    ", "ok") if host.up else ("○ down  ", "error")
            lines.append([(" ", "text"), state, (fit(host.name, 20), "strong"), (ports, "dim")])
            self._rows.append(f"host-down {host.name}")
        if self._described:
            server = self._described.dns
            where = f"dns {server.port}   dig -p {server.port} @{server.host} NAME MX"
            lines.append(
                [(" ", "text"), ("● up    ", "ok"), (fit("the name server", 20), "strong"), (where, "dim")]
            )
            self._rows.append("")
        lines.append([])
        self._rows.append("")
        for kind in self._kinds:
            active = [fault for fault in self._faults if fault.name == kind["name"]]
            lines.append(_kind_line(kind, active))
            self._rows.append(str(kind["name"]))
        self.list.put_lines(lines)
        self.show_title()

    # --- commands

    async def do_select_entry(self, argument: str) -> None:
        await self.do_fault_toggle(argument)

    async def do_fault_toggle(self, argument: str) -> None:
        """`NAME TARGET`, or what the selected line says; what is wrong with the target is mended."""
        row = argument or (self._rows[self.list.cursor] if self.list.cursor < len(self._rows) else "")
        name, _, target = row.partition(" ")
        kind = next((one for one in self._kinds if one["name"] == name), None)
        if kind is None:
            raise CommandError("Choose a host or a fault.")
        active = [fault for fault in self._faults if fault.name == name and target in ("", fault.target)]
        client = self._need()
        if active:
            for fault in active:
                await self._asked(client.clear_fault(fault.key))
            self.tell(f"Mended: {name} of {', '.join(fault.target for fault in active)}.")
        else:
            target = target or await self._ask_target(kind)
            parameters = await self._ask_parameters(kind) if not argument else {}
            await self._asked(client.set_fault(name, target, parameters))
            self.tell(f"{name}: {kind['help']} ({target}).", "warning")
        await self._read()

    async def _ask_target(self, kind: dict[str, Any]) -> str:
        choices = self._targets(str(kind["target"]))
        label = f"{kind['name']} of which {kind['target']}? "
        return await self.ask(label, choices[0], offered=True, complete=partial(_beginning, choices))

    def _targets(self, what: str) -> list[str]:
        hosts = self._described.hosts if self._described else []
        found = {
            "host": [host.name for host in hosts],
            "domain": [host.domain for host in hosts],
            "address": [f"{user}@{host.domain}" for host in hosts for user in host.users],
        }
        return found.get(what) or ["127.0.0.1"]

    async def _ask_parameters(self, kind: dict[str, Any]) -> dict[str, Any]:
        """One question for each number or choice that matters; Enter takes what is offered."""
        given: dict[str, Any] = {}
        for name, parameter in (kind.get("parameters") or {}).items():
            default = str(parameter["default"])
            if name in ("times", "service") or not default:
                continue
            choices = [choice for choice in parameter.get("choices") or () if choice]
            text = await self.ask(
                f"{name} ({parameter['help']}): ",
                default,
                offered=True,
                complete=partial(_beginning, choices),
            )
            given[name] = type(parameter["default"])(text)
        return given

    async def do_fault_clear_all(self, argument: str) -> None:
        await self._asked(self._need().clear_faults())
        self.tell("All is well again.")
        await self._read()

    async def do_clock_faster(self, argument: str) -> None:
        await self._set_pace(1)

    async def do_clock_slower(self, argument: str) -> None:
        await self._set_pace(-1)

    async def _set_pace(self, step: int) -> None:
        nearest = min(range(len(FACTORS)), key=lambda at: abs(FACTORS[at] - self._clock.factor))
        factor = FACTORS[max(0, min(len(FACTORS) - 1, nearest + step))]
        await self._asked(self._need().set_clock(factor=factor))
        await self._read()

    async def do_clock_pause(self, argument: str) -> None:
        await self._asked(self._need().set_clock(paused=not self._clock.paused))
        await self._read()

    async def do_clock_advance(self, argument: str) -> None:
        text = argument or await self.ask("How far ahead? (30m, 2h, 5d): ", "5d", offered=True)
        await self._asked(self._need().set_clock(advance=span_seconds(text)))
        self.tell(f"The clock of the world is {text} ahead.")
        await self._read()

    async def do_world_snapshot(self, argument: str) -> None:
        name = argument or await self.ask("Name of the snapshot: ", time.strftime("at-%H-%M-%S"), offered=True)
        await self._asked(self._need().take_snapshot(name))
        self.tell(f"The world as it is now is kept as {name}.")

    async def do_world_reset(self, argument: str) -> None:
        names = await self._asked(self._need().snapshots())
        label = f"Back to which snapshot? ({', '.join(names)}): "
        default = "start" if "start" in names or not names else names[0]
        name = argument or await self.ask(label, default, offered=True, complete=partial(_beginning, names))
        await self._asked(self._need().reset(name))
        self.tell(f"The world is as it was: {name}.")
        await self._read()

    def _need(self) -> WorldClient:
        if self._client is None:
            raise CommandError("There is no practice world here: `termail practice` starts one.")
        return self._client


def _client_of(world: Path) -> WorldClient:
    """Raises CommandError when the world is gone."""
    try:
        return WorldClient(world)
    except OSError as error:
        raise CommandError("The practice world is not running any more.") from error


def _beginning(choices: Sequence[str], typed: str) -> list[str]:
    """For completion."""
    return [choice for choice in choices if choice.startswith(typed)]


def span_seconds(text: str) -> float:
    """ "30m", "2h", "5d" or seconds. Raises CommandError."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise CommandError(f"{text!r} is no time: write 45s, 30m, 2h or 5d.")
    return float(found[1]) * _UNITS[found[2] or "s"]


def _kind_line(kind: dict[str, Any], active: list[Fault]) -> list[Run]:
    mark: Run = ("✗ ", "error") if active else ("· ", "faint")
    line: list[Run] = [(" ", "text"), mark, (fit(str(kind["name"]), 17), "strong" if active else "accent")]
    if active:
        targets = ", ".join(clean_line(f"{fault.target}{_shown(fault)}") for fault in active)
        return [*line, (targets, "error")]
    return [*line, (clean_line(str(kind["help"])), "dim")]


def _shown(fault: Fault) -> str:
    values = [f"{name} {value}" for name, value in fault.parameters.items() if value not in ("", 0, 0.0)]
    return f" ({', '.join(values)})" if values else ""
