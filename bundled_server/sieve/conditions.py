"""The tests: what each one compares, and with what (RFC 5228 §5 and the extensions)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bundled_server.sieve.budget import Budget
from bundled_server.sieve.dates import PARTS, ZONE, date_in, in_zone
from bundled_server.sieve.duplicates import identity
from bundled_server.sieve.flags import flag_list
from bundled_server.sieve.language import ADDRESS_FIELDS, CAPABILITIES
from bundled_server.sieve.matching import MatchType
from bundled_server.sieve.message import Mailbox, Message
from bundled_server.sieve.script import Call, Value
from bundled_server.sieve.surroundings import Surroundings
from bundled_server.sieve.variables import Variables


@dataclass(slots=True)
class Scene:
    """What a test may look at; `flags` is the internal flag variable, `identities` what duplicate tests met."""

    message: Message
    around: Surroundings
    variables: Variables
    budget: Budget
    flags: tuple[str, ...] = ()
    uses_variables: bool = False

    def texts(self, value: Value) -> tuple[str, ...]:
        """Strings of the script with their variables expanded."""
        texts = value if isinstance(value, tuple) else (str(value),)
        if self.uses_variables:
            for text in texts:
                if "${" in text:
                    return tuple([self.variables.expand(text) for text in texts])
        return texts

    def text(self, value: Value) -> str:
        return self.texts(value)[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a test and, for the trace, what it compared."""

    holds: bool
    values: tuple[str, ...] = ()


def answer(scene: Scene, call: Call) -> Answer:
    """Raises SieveFault, BadPattern and OutOfBudget."""
    return TESTS[call.name](scene, call)


def _match(scene: Scene, call: Call, values: Sequence[str]) -> Answer:
    """The common end: values against the keys, which are the last argument."""
    keys = scene.texts(call.words[-1])
    found = call.matcher.first(values, keys, scene.budget)
    if found is not None and found.captures:
        scene.variables.captures = found.captures
    shown = (str(len(values)),) if call.matcher.kind is MatchType.COUNT else tuple(values)
    return Answer(found is not None, shown)


def _indexed(call: Call, values: Sequence[str]) -> Sequence[str]:
    """With `:index` one of them, counted from the end with `:last` (RFC 5260 §6)."""
    place = call.number("index", 0)
    if not place:
        return values
    values = [*reversed(values)] if "last" in call.tags else values
    return values[place - 1 : place]


# fields and addresses


def _header(scene: Scene, call: Call) -> Answer:
    names = scene.texts(call.words[0])
    return _match(scene, call, [value for name in names for value in _indexed(call, scene.message.values(name))])


def _exists(scene: Scene, call: Call) -> Answer:
    missing = tuple(name for name in scene.texts(call.words[0]) if not scene.message.has(name))
    return Answer(not missing, missing)


def _address(scene: Scene, call: Call) -> Answer:
    values: list[str] = []
    for name in scene.texts(call.words[0]):
        if name.lower() not in ADDRESS_FIELDS:
            continue
        fields = scene.message.addresses(name)
        place = call.number("index", 0)
        if place:
            fields = [*reversed(fields)] if "last" in call.tags else fields
            fields = fields[place - 1 : place]
        for mailbox in (mailbox for field in fields for mailbox in field):
            values += _part_of(call, mailbox)
    return _match(scene, call, values)


def _part_of(call: Call, mailbox: Mailbox) -> Sequence[str]:
    """The address part that the tags ask for; what could not be divided has only the whole (§2.7.4)."""
    local, domain = mailbox.local, mailbox.domain
    if not call.tags.keys() & {"localpart", "domain", "user", "detail"}:
        return (mailbox.text,)
    if not mailbox.is_whole:
        return ()
    user, plus, detail = local.partition("+")  # RFC 5233
    if "detail" in call.tags:
        return (detail,) if plus else ()
    return (domain,) if "domain" in call.tags else (user,) if "user" in call.tags else (local,)


def _envelope(scene: Scene, call: Call) -> Answer:
    message = scene.message
    values: list[str] = []
    for part in scene.texts(call.words[0]):
        address = {"from": message.sender, "to": message.recipient}.get(part.lower())
        if address is None:
            continue
        local, at, domain = address.rpartition("@")
        if not at:  # the null reverse-path has parts too, empty ones
            local, domain = address, ""
        part_values = _part_of(call, Mailbox(local, domain, address) if address else Mailbox("", "", ""))
        values += part_values or (("",) if not address and "detail" not in call.tags else ())
    return _match(scene, call, values)


def _size(scene: Scene, call: Call) -> Answer:
    size, limit = scene.message.size_octets, call.words[0]
    assert isinstance(limit, int)
    return Answer(size > limit if "over" in call.tags else size < limit, (str(size),))


def _body(scene: Scene, call: Call) -> Answer:
    if "raw" in call.tags:
        return _match(scene, call, (scene.message.raw_body,))
    kinds = scene.texts(call.texts("content")) if "content" in call.tags else ("text",)
    return _match(scene, call, scene.message.parts(kinds))


# dates


def _date(scene: Scene, call: Call) -> Answer:
    name, part = scene.text(call.words[0]), scene.text(call.words[1])
    dates = [date_in(value) for value in _indexed(call, scene.message.values(name))]
    return _date_parts(scene, call, part, [moment for moment in dates if moment is not None])


def _current_date(scene: Scene, call: Call) -> Answer:
    return _date_parts(scene, call, scene.text(call.words[0]), [scene.around.now])


def _date_parts(scene: Scene, call: Call, part: str, dates: Sequence[datetime]) -> Answer:
    render = PARTS.get(part.lower())
    zone = scene.text(call.text("zone")) if "zone" in call.tags else ""
    if render is None or (zone and not ZONE.fullmatch(zone)):
        return Answer(False)
    if zone:
        dates = [in_zone(moment, zone) for moment in dates]
    elif "originalzone" not in call.tags:
        dates = [moment.astimezone(scene.around.now.tzinfo) for moment in dates]
    return _match(scene, call, [render(moment) for moment in dates])


# what the script itself knows


def _string(scene: Scene, call: Call) -> Answer:
    values = scene.texts(call.words[0])
    if call.matcher.kind is MatchType.COUNT:
        values = tuple(value for value in values if value)
    return _match(scene, call, values)


def _has_flag(scene: Scene, call: Call) -> Answer:
    names = call.words[0]
    if isinstance(names, tuple) and names:
        flags = [flag for name in scene.texts(names) for flag in flag_list((scene.variables.get(name),))]
    else:
        flags = list(scene.flags)
    keys = tuple(key for text in scene.texts(call.words[1]) for key in text.split() or ("",))
    found = call.matcher.first(flags, keys, scene.budget)
    return Answer(found is not None, tuple(flags))


def _i_have(scene: Scene, call: Call) -> Answer:
    return Answer(set(scene.texts(call.words[0])) <= set(CAPABILITIES))


# the owner's surroundings


def _mailbox_exists(scene: Scene, call: Call) -> Answer:
    missing = tuple(name for name in scene.texts(call.words[0]) if not _is_mailbox(scene, name))
    return Answer(not missing, missing)


def _is_mailbox(scene: Scene, name: str) -> bool:
    return name in scene.around.mailboxes or name.upper() == "INBOX"


def _special_use_exists(scene: Scene, call: Call) -> Answer:
    uses = [use.lower() for use in scene.texts(call.words[1])]
    if call.words[0] == ():
        there = {use.lower() for use in scene.around.mailboxes.values()}
    else:
        there = {scene.around.mailboxes.get(scene.text(call.words[0]), "").lower()}
    return Answer(all(use in there for use in uses), tuple(sorted(there - {""})))


def _spam_test(scene: Scene, call: Call) -> Answer:
    """0 is not tested, 1 clearly no spam, 10 clearly spam; with `:percent` 0 to 100 (RFC 5235 §3.2)."""
    percent = scene.around.spam_percent
    if percent is None:
        value = "" if "percent" in call.tags else "0"
    else:
        value = str(round(percent)) if "percent" in call.tags else str(1 + round(percent * 9 / 100))
    return _match(scene, call, (value,))


def _virus_test(scene: Scene, call: Call) -> Answer:
    return _match(scene, call, (str(scene.around.virus_level),))


def _environment(scene: Scene, call: Call) -> Answer:
    value = scene.around.environment.get(scene.text(call.words[0]).lower())
    return Answer(False) if value is None else _match(scene, call, (value,))


def _duplicate(scene: Scene, call: Call) -> Answer:
    key = identity(scene.message, scene.texts, call)
    return Answer(bool(key) and key in scene.around.seen, (key[:16],))


def _always(holds: bool) -> Callable[[Scene, Call], Answer]:
    return lambda scene, call: Answer(holds)


TESTS: Final[Mapping[str, Callable[[Scene, Call], Answer]]] = {
    "true": _always(True),
    "false": _always(False),
    "address": _address,
    "body": _body,
    "currentdate": _current_date,
    "date": _date,
    "duplicate": _duplicate,
    "envelope": _envelope,
    "environment": _environment,
    "exists": _exists,
    "hasflag": _has_flag,
    "header": _header,
    "ihave": _i_have,
    "mailboxexists": _mailbox_exists,
    "size": _size,
    "spamtest": _spam_test,
    "specialuse_exists": _special_use_exists,
    "string": _string,
    "virustest": _virus_test,
}
