"""`termail-server list`: mailing lists, their members, and the letters that wait for their owners."""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

from bundled_server.cli.errors import UsageError
from bundled_server.cli.office import office_of

Table = dict[str, Any]
Question = tuple[str, Table, Callable[[Any], str]]


def main(options: argparse.Namespace) -> int:
    verb, wanted, show = _QUESTIONS[options.action](options)
    answer = office_of(options.data).ask("lists", verb, wanted)
    print(json.dumps(answer) if options.json else show(answer))
    return 0


def _list(options: argparse.Namespace) -> Question:
    return "list", {}, lambda found: "\n".join(map(_line, found)) or "no lists yet"


def _create(options: argparse.Namespace) -> Question:
    wanted = _settings(options)
    if options.domain is not None:
        wanted["domain"] = options.domain
    return (
        "create",
        wanted,
        lambda made: f"{made['address']} made; put people on it with `list join {made['name']}`",
    )


def _set(options: argparse.Namespace) -> Question:
    wanted = _settings(options)
    if len(wanted) == 1:
        raise UsageError("say what to change, such as --posting moderated")
    return "set", wanted, _show_settings


def _show(options: argparse.Namespace) -> Question:
    return "show", {"name": options.name}, _show_settings


def _delete(options: argparse.Namespace) -> Question:
    return "delete", {"name": options.name}, lambda it: f"{it['deleted']} removed with members and archive"


def _members(options: argparse.Namespace) -> Question:
    return "members", {"name": options.name}, lambda found: "\n".join(map(_member, found)) or "nobody yet"


def _change_members(options: argparse.Namespace) -> Question:
    wanted = {"name": options.name, "which": options.addresses}
    done = {"join": "joined", "leave": "left", "resume": "resumed"}[options.action]
    return options.action, wanted, lambda it: f"{done}: {', '.join(it[done]) or 'nobody new'}"


def _moderate(options: argparse.Namespace) -> Question:
    if options.decision is None:
        return "held", {"name": options.name}, lambda found: "\n".join(map(_held, found)) or "nothing waits"
    if not options.marks:
        raise UsageError(f"say which letters: `list moderate {options.name}` shows their marks")
    words = {"approve": "passed on", "reject": "refused"}[options.decision]
    wanted = {"name": options.name, "which": options.marks}
    return options.decision, wanted, lambda it: f"{len(it['letters'])} {words}"


_QUESTIONS: dict[str, Callable[[argparse.Namespace], Question]] = {
    "list": _list,
    "create": _create,
    "set": _set,
    "show": _show,
    "delete": _delete,
    "members": _members,
    "join": _change_members,
    "leave": _change_members,
    "resume": _change_members,
    "moderate": _moderate,
}


def _settings(options: argparse.Namespace) -> Table:
    """What was named on the command line, in the clerk's words."""
    named = {
        "owners": options.owner,
        "posting": options.posting,
        "description": options.description,
        "subject_tag": options.subject_tag,
        "reply_to": options.reply_to,
        "munges_from": options.munge_from,
        "archives": options.archive,
    }
    return {"name": options.name, **{name: value for name, value in named.items() if value is not None}}


def _show_settings(answer: Table) -> str:
    words = {"owners": ", ".join(answer["owners"]), "munges_from": _yes(answer["munges_from"])}
    words["archives"] = _yes(answer["archives"])
    fields = ("posting", "owners", "description", "subject_tag", "reply_to", "munges_from", "archives")
    lines = [f"{name.replace('_', ' '):<12} {words.get(name, answer[name]) or '-'}" for name in fields]
    return "\n".join([_line(answer), *lines])


def _line(answer: Table) -> str:
    suspended = f", {answer['suspended']} suspended" if answer["suspended"] else ""
    return f"{answer['address']}: {answer['posting']}, {answer['members']} members{suspended}"


def _member(member: Table) -> str:
    bounces = f", bounced on {member['bounces']} days" if member["bounces"] else ""
    return f"{member['address']}{bounces}{', suspended' if member['suspended'] else ''}"


def _held(letter: Table) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(letter["since"]))
    return f"{letter['mark']}  {when}  {letter['from']}: {letter['subject']}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
