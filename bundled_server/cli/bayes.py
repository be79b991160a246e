"""`termail-server bayes`: train, question, weigh and measure the spam classifier."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.office import office_of

Table = dict[str, Any]


def main(options: argparse.Namespace) -> int:
    if options.action == "evaluate":
        return _evaluate(options)
    office = office_of(options.data)
    verb, wanted, show = _QUESTIONS[options.action](options)
    answer = office.ask("bayes", verb, {"user": options.user, **wanted})
    print(json.dumps(answer, ensure_ascii=True) if options.json else show(answer))
    return 0


def _train(options: argparse.Namespace) -> tuple[str, Table, Callable[[Table], str]]:
    wanted = {"kind": options.kind, "paths": [str(_existing(path)) for path in options.paths]}
    return "train", wanted, _show_training


def _explain(options: argparse.Namespace) -> tuple[str, Table, Callable[[Table], str]]:
    return "explain", {"path": str(_existing(options.path))}, show_explanation


def _stats(options: argparse.Namespace) -> tuple[str, Table, Callable[[Table], str]]:
    return "statistics", {}, _show_statistics


def _expire(options: argparse.Namespace) -> tuple[str, Table, Callable[[Table], str]]:
    if options.days < 0 or options.rare < 0:
        raise UsageError("--days and --rare are numbers from 0 on")
    return "expire", {"days": options.days, "rare": options.rare}, lambda it: f"{it['forgotten']} words forgotten"


_QUESTIONS: dict[str, Callable[[argparse.Namespace], tuple[str, Table, Callable[[Table], str]]]] = {
    "train": _train,
    "explain": _explain,
    "stats": _stats,
    "expire": _expire,
}


def _existing(path: Path) -> Path:
    if not path.exists():
        raise CannotRun(f"there is nothing at {path}")
    return path.absolute()


def _show_training(answer: Table) -> str:
    learned = f"{answer['new'] + answer['moved']} messages learned as {answer['kind']}"
    moved = f", {answer['moved']} of them were the other kind before" if answer["moved"] else ""
    return learned + moved + (f"; {answer['known']} were known" if answer["known"] else "")


def _show_statistics(answer: Table) -> str:
    tokens = f"{answer['tokens']} words and facts, {answer['seen_once']} of them seen once"
    return f"{answer['spam']} spam and {answer['ham']} ham learned; {tokens}"


def show_explanation(answer: Table) -> str:
    """An explanation for people: the verdict, the words that made it, and what training would change."""
    trained, later = answer["trained"], answer["after_one_more_training"]
    lines = [f"{answer['verdict']}: {answer['score']:.4f} of 1 (spam from {answer['spam_from']})"]
    lines.append(f"by {trained['spam']} spam and {trained['ham']} ham that were learned")
    if not answer["has_learned_enough"]:
        lines[-1] += ": too few of one kind, so the filter gives no points yet"
    if answer["this_message_was_trained_as"]:
        lines.append(f"this very message was trained as {answer['this_message_was_trained_as']}")
    lines.append("")
    if not answer["clues"]:
        lines.append(f"none of its {answer['tokens']} words and facts says anything yet")
    else:
        lines.append(f"{'probability':>11}  {'in spam':>7}  {'in ham':>6}  word or fact")
    for clue in answer["clues"]:
        token = _shown(clue["token"])
        lines.append(f"{clue['probability']:>11.4f}  {clue['spam']:>7}  {clue['ham']:>6}  {token}")
    if answer["clues_left_out"]:
        lines.append(f"{'':>29}and {answer['clues_left_out']} that say less")
    lines.append("")
    for kind in ("spam", "ham"):
        outcome = later[f"as_{kind}"]
        lines.append(f"trained once as {kind:<4} it would be {outcome['verdict']}: {outcome['score']:.4f}")
    return "\n".join(lines)


def _shown(token: str) -> str:
    """Escapes and marks of direction, which a message may hold, in letters: a terminal must not see them."""
    return token if token.isprintable() else token.encode("unicode_escape").decode("ascii")


def _evaluate(options: argparse.Namespace) -> int:
    from bundled_server.filters.bayes.evaluation import NoCorpus, evaluate, halves, read_corpus

    try:
        result = evaluate(*halves(read_corpus(options.corpus)))
    except NoCorpus as fault:
        raise UsageError(str(fault)) from fault
    except OSError as weather:
        raise CannotRun(f"{weather.filename}: {weather.strerror}") from weather
    table = result.table()
    print(json.dumps(table) if options.json else _show_evaluation(table))
    return 0


def _show_evaluation(table: Table) -> str:
    lines = [
        f"trained on the older half: {table['trained_spam']} spam, {table['trained_ham']} ham",
        f"judged the younger half:   {table['spam']} spam, {table['ham']} ham",
        f"spam caught:   {table['caught']} of {table['spam']} ({table['recall']:.2%})",
        f"ham called spam: {len(table['false_alarms'])} of {table['ham']} ({table['false_positive_rate']:.2%})",
        *(f"  {name}" for name in table["false_alarms"]),
        f"unsure: {table['unsure']}",
        f"a second of CPU: {table['trained_per_second']:.0f} trained, {table['judged_per_second']:.0f} judged",
    ]
    return "\n".join(lines)
