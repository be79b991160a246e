"""The interpreter: scripts and a message in, actions out; no IO, no clock, and always an end."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

from bundled_server.config import SieveLimits
from bundled_server.sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject, Remember, Vacation
from bundled_server.sieve.budget import Budget, OutOfBudget
from bundled_server.sieve.conditions import Scene, answer
from bundled_server.sieve.constants import bare_address, is_mailbox, one_line, special_use
from bundled_server.sieve.duplicates import identity
from bundled_server.sieve.errors import SieveFault
from bundled_server.sieve.flags import flag_list, without
from bundled_server.sieve.message import Message
from bundled_server.sieve.printer import shown
from bundled_server.sieve.regex_program import BadPattern
from bundled_server.sieve.script import Call, Choice, Join, Script, Statement, Test
from bundled_server.sieve.surroundings import Surroundings
from bundled_server.sieve.trace import Tracer
from bundled_server.sieve.variables import TooManyVariables, Variables, modified

DAY_SECONDS = 86_400
NOT_TRACED = nullcontext()
DELIVERIES = (Keep, FileInto, Redirect, Vacation)


@dataclass(frozen=True, slots=True)
class Named:
    """A script with the name that journal, trace and notices call it."""

    name: str
    script: Script


@dataclass(frozen=True, slots=True)
class Result:
    """What is to be done, in order; after an error it is the implicit keep alone (RFC 5228 §2.10.6). `sources`
    has, for each action, the name of the script that asked for it ("" for the implicit keep)."""

    actions: tuple[Action, ...]
    sources: tuple[str, ...]
    error: SieveFault | None = None
    failed_script: str = ""


class _Stop(Exception):
    """`stop`: nothing more of this script and those around it is run."""


class _Return(Exception):
    """`return`: the script that included this one goes on."""


def run(scripts: Sequence[Named], message: Message, around: Surroundings, tracer: Tracer | None = None) -> Result:
    """Run the scripts one after the other, as long as each leaves the implicit keep in force."""
    machine = _Run(message, around, tracer)
    try:
        for named in scripts:
            machine.script(named)
            if machine.keep_is_cancelled:
                break
        machine.end()
    except SieveFault as fault:
        if tracer is not None:
            tracer.note(machine.name, fault.line, "error", fault.text)
        return Result((Keep(0),), ("",), fault, machine.name)
    return Result(tuple(machine.actions), tuple(machine.sources))


class _Run:
    """One run. `actions` and `sources` grow side by side."""

    def __init__(self, message: Message, around: Surroundings, tracer: Tracer | None) -> None:
        self._around = around
        self._limits: SieveLimits = around.limits
        self._tracer = tracer
        self._shared: dict[str, str] = {}
        self._scene = Scene(message, around, self._new_variables(), Budget(around.limits.steps))
        self._included: set[tuple[str, str]] = set()
        self._include_depth = 0
        self._line = 0
        self.name = ""
        self.actions: list[Action] = []
        self.sources: list[str] = []
        self.keep_is_cancelled = False

    def _new_variables(self) -> Variables:
        return Variables(
            self._shared, most=self._limits.variables, most_characters=self._limits.variable_characters
        )

    def script(self, named: Named) -> None:
        """Run one script to its end. Raises SieveFault."""
        self.name = named.name
        try:
            with suppress(_Stop):
                self._run_script(named.script)
        except OutOfBudget:
            raise SieveFault(self._line, "the script takes too long for this message") from None
        except (BadPattern, TooManyVariables) as fault:
            raise SieveFault(self._line, str(fault)) from None

    def end(self) -> None:
        """What holds for the actions together: reject stands alone; mail that nothing was said about is kept."""
        rejects = [action for action in self.actions if isinstance(action, Reject)]
        if rejects and (len(rejects) > 1 or any(isinstance(action, DELIVERIES) for action in self.actions)):
            raise SieveFault(rejects[0].line, "reject excludes every other action that delivers or answers")
        if not self.keep_is_cancelled and not any(isinstance(action, Keep) for action in self.actions):
            self.actions.append(Keep(0, self._scene.flags or None))
            self.sources.append("")
            self._trace(0, "end of the script", self.actions[-1].text)

    def _run_script(self, script: Script) -> None:
        scene = self._scene
        outer, outer_uses = scene.variables, scene.uses_variables
        scene.variables, scene.uses_variables = self._new_variables(), "variables" in script.required
        try:
            with suppress(_Return):
                self._block(script.statements)
        finally:
            scene.variables, scene.uses_variables = outer, outer_uses

    # control

    def _block(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self._line = statement.line
            self._scene.budget.spend(1)
            if isinstance(statement, Choice):
                self._choose(statement)
            else:
                _COMMANDS[statement.name](self, statement)

    def _choose(self, choice: Choice) -> None:
        for branch in choice.branches:
            self._line = branch.line
            with self._deeper():
                taken = branch.test is None or self._holds(branch.test)
            word = "if" if branch is choice.branches[0] else "else" if branch.test is None else "elsif"
            self._trace(branch.line, word, "taken" if taken else "not taken")
            if taken:
                with self._deeper():
                    self._block(branch.block)
                return

    def _deeper(self) -> AbstractContextManager[None]:
        """What is traced in between stands further in."""
        return NOT_TRACED if self._tracer is None else self._tracer.deeper()

    def _holds(self, test: Test) -> bool:
        self._line = test.line
        self._scene.budget.spend(1)
        if isinstance(test, Join):
            return self._joined(test)
        found = answer(self._scene, test)
        if test.name == "duplicate":
            self._remember(test, found.holds)
        if self._tracer is not None:
            outcome = "true" if found.holds else "false"
            self._tracer.note(self.name, test.line, shown(test.written), outcome, found.values)
        return found.holds

    def _joined(self, join: Join) -> bool:
        """Only as many tests as are needed (§5.2, §5.3)."""
        with self._deeper():
            match join.name:
                case "not":
                    holds = not self._holds(join.tests[0])
                case "allof":
                    holds = all(self._holds(test) for test in join.tests)
                case _:
                    holds = any(self._holds(test) for test in join.tests)
        self._trace(join.line, join.name, "true" if holds else "false")
        return holds

    def _stop(self, call: Call) -> None:
        self._trace(call.line, "stop", "nothing more of this script is run")
        raise _Stop

    def _return(self, call: Call) -> None:
        self._trace(call.line, "return", "back to the script that included this one")
        raise _Return

    def _error(self, call: Call) -> None:
        raise SieveFault(call.line, self._scene.text(call.words[0]))

    def _include(self, call: Call) -> None:
        place = ("global" if "global" in call.tags else "personal", self._scene.text(call.words[0]))
        if "once" in call.tags and place in self._included:
            self._trace(call.line, shown(call.written), "was included before")
            return
        script = self._around.library.get(place)
        if script is None:
            if "optional" not in call.tags:
                raise SieveFault(call.line, f'there is no {place[0]} script "{place[1]}" to include')
            self._trace(call.line, shown(call.written), "there is none")
            return
        if self._include_depth >= self._limits.include_depth or len(self._included) >= self._limits.includes:
            raise SieveFault(call.line, "too many scripts are included, perhaps in a circle")
        self._included.add(place)
        self._trace(call.line, shown(call.written), "included")
        outer, self.name = self.name, place[1]
        self._include_depth += 1
        self._run_script(script)
        self._include_depth -= 1
        self.name = outer

    def _global(self, call: Call) -> None:
        for name in self._scene.texts(call.words[0]):
            self._scene.variables.declare_global(name)

    # variables and flags

    def _set(self, call: Call) -> None:
        value = modified(self._scene.text(call.words[1]), call.tags)
        kept = self._scene.variables.set(str(call.words[0]), value)
        self._trace(call.line, shown(call.written), f'"{kept}"')

    def _change_flags(self, call: Call) -> None:
        names, given = call.words[0], flag_list(self._scene.texts(call.words[1]))
        for name in self._scene.texts(names) if names != () else ("",):
            before = flag_list((self._scene.variables.get(name),)) if name else self._scene.flags
            match call.name:
                case "setflag":
                    after = given
                case "addflag":
                    after = flag_list((*before, *given))
                case _:
                    after = without(before, given)
            if name:
                self._scene.variables.set(name, " ".join(after))
            else:
                self._scene.flags = after
            self._trace(call.line, shown(call.written), f"flags are now {' '.join(after) or 'none'}")

    def _flags_of(self, call: Call) -> tuple[str, ...] | None:
        if "flags" in call.tags:
            return flag_list(self._scene.texts(call.texts("flags")))
        return self._scene.flags or None

    # actions

    def _act(self, call: Call, action: Action) -> None:
        """Note an action; `cancels` ends the implicit keep."""
        if len(self.actions) >= self._limits.actions:
            raise SieveFault(call.line, f"more than {self._limits.actions} actions")
        self.actions.append(action)
        self.sources.append(self.name)
        self._trace(call.line, shown(call.written), action.text)

    def _keep(self, call: Call) -> None:
        flags = self._flags_of(call)
        self._replace_or_act(call, Keep(call.line, flags), lambda each: isinstance(each, Keep))

    def _file_into(self, call: Call) -> None:
        name = self._scene.text(call.words[0])
        if not is_mailbox(name):
            raise SieveFault(call.line, f"{name!r} cannot be the name of a mailbox")
        use = special_use(self._scene.text(call.text("specialuse")))
        action = FileInto(call.line, name, self._flags_of(call), "create" in call.tags, use)
        self._replace_or_act(
            call,
            action,
            lambda each: isinstance(each, FileInto) and (each.mailbox, each.special_use) == (name, use),
        )
        self._cancel_keep(call)

    def _redirect(self, call: Call) -> None:
        address = bare_address(self._scene.text(call.words[0]))
        if not address:
            raise SieveFault(call.line, f'redirect to "{self._scene.text(call.words[0])}", which is no address')
        same = [each for each in self.actions if isinstance(each, Redirect)]
        if not any(each.address.lower() == address.lower() for each in same):
            if len(same) >= self._limits.redirects:
                raise SieveFault(call.line, f"more than {self._limits.redirects} redirects")
            self._act(call, Redirect(call.line, address))
        self._cancel_keep(call)

    def _replace_or_act(self, call: Call, action: Action, is_same: Callable[[Action], bool]) -> None:
        """The same mailbox gets a message once (RFC 5228 §2.10.3); what was said last of its flags counts."""
        for place, each in enumerate(self.actions):
            if is_same(each):
                self.actions[place] = action
                self._trace(call.line, shown(call.written), f"{action.text} (once)")
                return
        self._act(call, action)

    def _cancel_keep(self, call: Call) -> None:
        if "copy" not in call.tags:
            self.keep_is_cancelled = True

    def _discard(self, call: Call) -> None:
        self._act(call, Discard(call.line))
        self.keep_is_cancelled = True

    def _reject(self, call: Call) -> None:
        self._act(call, Reject(call.line, self._scene.text(call.words[0]), call.name == "ereject"))
        self.keep_is_cancelled = True

    def _vacation(self, call: Call) -> None:
        if any(isinstance(action, Vacation) for action in self.actions):
            raise SieveFault(call.line, "vacation may answer a message once only")
        scene, limits = self._scene, self._limits
        reason, subject = scene.text(call.words[0]), scene.text(call.text("subject"))
        sender = scene.text(call.text("from"))
        if not one_line(subject) or not one_line(sender):
            raise SieveFault(call.line, "a header field cannot hold line breaks")
        seconds = call.number("seconds", call.number("days", limits.vacation_days) * DAY_SECONDS)
        seconds = min(max(seconds, limits.vacation_least_seconds), limits.vacation_most_days * DAY_SECONDS)
        handle = scene.text(call.text("handle"))
        if "handle" not in call.tags:
            parts = (reason, subject, sender, str("mime" in call.tags), *scene.texts(call.texts("addresses")))
            handle = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
        addresses = tuple(bare_address(each) for each in scene.texts(call.texts("addresses")))
        self._act(
            call, Vacation(call.line, reason, seconds, handle, subject, sender, addresses, "mime" in call.tags)
        )

    def _remember(self, call: Call, was_seen: bool) -> None:
        """The identity is written down when the whole run succeeds (RFC 7352 §3)."""
        key = identity(self._scene.message, self._scene.texts, call)
        if not key or (was_seen and "last" not in call.tags):
            return
        seconds = min(call.number("seconds", self._limits.duplicate_seconds), self._limits.duplicate_seconds)
        if not any(isinstance(each, Remember) and each.key == key for each in self.actions):
            self._act(call, Remember(call.line, key, seconds))

    def _trace(self, line: int, text: str, outcome: str) -> None:
        if self._tracer is not None:
            self._tracer.note(self.name, line, text, outcome)


_COMMANDS: Mapping[str, Callable[[_Run, Call], None]] = {
    "addflag": _Run._change_flags,
    "discard": _Run._discard,
    "ereject": _Run._reject,
    "error": _Run._error,
    "fileinto": _Run._file_into,
    "global": _Run._global,
    "include": _Run._include,
    "keep": _Run._keep,
    "redirect": _Run._redirect,
    "reject": _Run._reject,
    "removeflag": _Run._change_flags,
    "return": _Run._return,
    "set": _Run._set,
    "setflag": _Run._change_flags,
    "stop": _Run._stop,
    "vacation": _Run._vacation,
}
