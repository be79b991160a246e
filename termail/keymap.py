"""Keys to commands: mutt's key notation, Esc as a prefix, sequences, message numbers, the user's own keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from termail.commands import COMMANDS, Context, default_keys


class KeymapError(ValueError):
    """A [keys] setting that cannot work; the text says what is allowed."""


# Names of Textual's key events, as mutt writes them.
_NAMES = {
    "enter": "Enter",
    "tab": "Tab",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Insert",
    "escape": "Esc",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "shift+tab": "BackTab",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
NAMED_KEYS = tuple(dict.fromkeys(_NAMES.values()))
_BY_LOWER = {name.lower(): name for name in NAMED_KEYS} | {
    "<return>": "Enter",
    "pagedown": "PgDn",
    "pageup": "PgUp",
}


def stroke_of(key: str, character: str | None) -> str:
    """A Textual key event as a stroke: "d", "^D", "M-d", "Tab", "M-Tab"; "" when it is nothing we name."""
    if key.startswith("alt+"):
        inner = key.removeprefix("alt+")
        if inner.startswith("shift+") and len(inner) == 7:
            return "M-" + inner[-1].upper()
        plain = stroke_of(inner, character if len(character or "") == 1 else None)
        return "M-" + plain if plain else ""
    if key in _NAMES:
        return _NAMES[key]
    if key.startswith("ctrl+") and len(key) == 6:
        return "^" + key[-1].upper()
    if character and len(character) == 1 and character.isprintable():
        return character
    return key if len(key) == 1 else ""


def parse_keys(text: str) -> tuple[str, ...]:
    """Strokes of a setting: `d`, `gg`, `^D`, `\\Cd`, `M-d`, `\\ed`, `<Esc>d`, `Tab`, `<Tab>`; or KeymapError."""
    strokes: list[str] = []
    rest, meta = text, False
    while rest:
        stroke, rest = _first_stroke(rest, whole=not strokes)
        if stroke == "Esc" and rest:
            meta = True
            continue
        strokes.append("M-" + stroke if meta and not stroke.startswith("M-") else stroke)
        meta = False
    if not strokes:
        raise KeymapError("an empty key; allowed are " + allowed_keys())
    return tuple(strokes)


def allowed_keys() -> str:
    """For error texts."""
    return "one character, ^X or \\Cx for Ctrl, M-x or \\ex for Esc or Alt, " + ", ".join(NAMED_KEYS)


def _first_stroke(text: str, *, whole: bool) -> tuple[str, str]:
    """The first stroke and what follows it."""
    lower = text.lower()
    if whole and lower in _BY_LOWER:
        return _BY_LOWER[lower], ""
    if text.startswith("<") and ">" in text[1:]:
        name, _, rest = text[1:].partition(">")
        if name.lower() in _BY_LOWER:
            return _BY_LOWER[name.lower()], rest
        raise KeymapError(f"no key is called <{name}>; allowed are {allowed_keys()}")
    if lower.startswith("m-") and len(text) > 2:
        stroke, rest = _first_stroke(text[2:], whole=whole)
        return "M-" + stroke, rest
    if lower.startswith("\\e") and len(text) > 2:
        stroke, rest = _first_stroke(text[2:], whole=whole)
        return "M-" + stroke, rest
    if lower.startswith("\\c") and len(text) > 2:
        return "^" + text[2].upper(), text[3:]
    if text.startswith("^") and len(text) > 1:
        return "^" + text[1].upper(), text[2:]
    if text[0].isprintable() and text[0] != " ":
        return text[0], text[1:]
    raise KeymapError(f"{text!r} is no key; allowed are {allowed_keys()}")


@dataclass(frozen=True, slots=True)
class Found:
    """The strokes mean this command; `number` was typed before it (0: none)."""

    command: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """More strokes must follow; `shown` is what was typed so far."""

    shown: str


@dataclass(frozen=True, slots=True)
class Unbound:
    """The strokes mean nothing here."""

    shown: str


Resolution = Found | Waiting | Unbound


def steps_of(binding: str) -> list[tuple[str, str]]:
    """A binding as commands with their arguments: `delete-message`, `save-message Archive`, or several after one
    another, `tag-pattern ~d >1m; tag-prefix; save-message Old`. A semicolon inside an argument is part of it as
    long as no command follows it."""
    steps: list[str] = []
    for part in binding.split(";"):
        if steps and part.split()[:1] and part.split()[0] not in COMMANDS:
            steps[-1] += ";" + part
        else:
            steps.append(part)
    pairs = (step.strip().partition(" ") for step in steps if step.strip())
    return [(name, argument.strip()) for name, _, argument in pairs]


class Keymap:
    """Default keys with the user's on top, by context; GENERIC is what a context falls back to."""

    def __init__(self, overrides: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._bindings: dict[Context, dict[tuple[str, ...], str]] = {}
        for context in Context:
            keys = default_keys(context)
            self._bindings[context] = {parse_keys(key): command for key, command in keys.items()}
        for context_name, keys_by_user in (overrides or {}).items():
            self._override(context_name, keys_by_user)

    def _override(self, context_name: str, keys: Mapping[str, str]) -> None:
        allowed = ", ".join(context.value for context in Context)
        try:
            bindings = self._bindings[Context(context_name)]
        except ValueError:
            raise KeymapError(f"[keys.{context_name}]: no such place; allowed are {allowed}") from None
        for key, command in keys.items():
            strokes = parse_keys(key)
            if command in ("", "noop"):
                bindings[strokes] = ""
                continue
            for name, _ in steps_of(command):
                if name not in COMMANDS:
                    raise KeymapError(
                        f"[keys.{context_name}] {key!r}: no command is called {name!r}; "
                        f"allowed are noop, {', '.join(sorted(COMMANDS))}"
                    )
            bindings[strokes] = command

    def lookup(self, context: Context, strokes: tuple[str, ...]) -> str | None:
        """The command these strokes mean, "" for more to come, None for nothing."""
        for place in (context, Context.GENERIC):
            bindings = self._bindings[place]
            if strokes in bindings:
                return bindings[strokes] or None
            if any(keys[: len(strokes)] == strokes for keys in bindings):
                return ""
        return None

    def keys_of(self, context: Context, command: str) -> list[str]:
        """The keys that reach `command` in `context`, the context's own first."""
        own = self._bindings[context]
        found = ["".join(keys) for keys, name in own.items() if name == command]
        if context is not Context.GENERIC:
            generic = self._bindings[Context.GENERIC]
            found += ["".join(keys) for keys, name in generic.items() if name == command and keys not in own]
        return list(dict.fromkeys(found))

    def macros(self, context: Context) -> list[tuple[str, str]]:
        """The user's keys that mean more than one plain command: (keys, what they do)."""
        places = dict.fromkeys((context, Context.GENERIC))
        return [
            ("".join(keys), command)
            for place in places
            for keys, command in self._bindings[place].items()
            if command and command not in COMMANDS
        ]

    def first_key(self, context: Context, command: str) -> str:
        """For the status bar: the first key of a command, or its name after a colon."""
        keys = self.keys_of(context, command)
        return keys[0] if keys else ":" + command


class KeyReader:
    """Strokes as they are typed in one context, gathered into commands."""

    def __init__(self, keymap: Keymap, context: Context, *, numbers: bool = False) -> None:
        self._keymap = keymap
        self._context = context
        self._numbers = numbers
        self._strokes: tuple[str, ...] = ()
        self._escaped = False

    def reset(self) -> None:
        """Forget what was typed so far."""
        self._strokes, self._escaped = (), False

    def feed(self, stroke: str) -> Resolution:
        """One more stroke."""
        if self._escaped:
            self._escaped = False
            stroke = stroke if stroke.startswith("M-") else "M-" + stroke
        elif stroke == "Esc":
            if self._strokes:
                self.reset()
                return Unbound("")
            self._escaped = True
            return Waiting("Esc")
        strokes = (*self._strokes, stroke)
        command = self._keymap.lookup(self._context, strokes)
        if command:
            self.reset()
            return Found(command)
        if command == "":
            self._strokes = strokes
            return Waiting(" ".join(strokes))
        self.reset()
        if self._numbers and len(strokes) == 1 and stroke.isascii() and stroke.isdigit() and stroke != "0":
            return Found("jump", int(stroke))
        return Unbound("".join(strokes))
