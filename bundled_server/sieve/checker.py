"""From a tree to a script that can be run: every word known, required, and with the right arguments."""

import difflib
from collections.abc import Iterable, Sequence

from bundled_server.sieve.constants import Constants, matcher_of
from bundled_server.sieve.encoded import EncodedCharacterFault, decoded
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.language import ALSO_ENABLES, CAPABILITIES, WORDS, Kind, Role, TagSpec, Word
from bundled_server.sieve.matching import Comparator, Matcher
from bundled_server.sieve.parser import Tree
from bundled_server.sieve.script import Branch, Call, Choice, Join, Script, Statement, Test, Value
from bundled_server.sieve.tree import Argument, Node, Number, Strings, Tag

JOINS = ("not", "allof", "anyof")
PLAIN = Matcher()


def check(tree: Tree, capabilities: Iterable[str] = CAPABILITIES) -> Script:
    """Raises SieveError at the first thing that is wrong. `capabilities` are those this host offers."""
    return _Checker(frozenset(capabilities)).script(tree)


class _Checker:
    """One pass over the tree; `_enabled` are the extensions required so far."""

    def __init__(self, offered: frozenset[str]) -> None:
        self._offered = offered
        self._enabled: set[str] = set()
        self._required: set[str] = set()
        self._includes: dict[tuple[str, str], None] = {}
        self._constants = Constants(has_variables=False)

    def script(self, tree: Tree) -> Script:
        rest = list(tree)
        while rest and rest[0].name == "require":
            self._require(rest.pop(0))
        self._constants = Constants(has_variables="variables" in self._enabled)
        statements = self._block(rest)
        return Script(statements, frozenset(self._required), tuple(self._includes))

    # require

    def _require(self, node: Node) -> None:
        spec = WORDS["require"]
        _, words = self._arguments(node, spec)
        wanted = words[0] if isinstance(words[0], tuple) else ()
        for name in wanted:
            if name not in self._offered:
                hint = self._did_you_mean(name)
                raise SieveError(node.line, f'the extension "{name}" is not offered here{hint}')
            self._enable(name)

    def _enable(self, name: str) -> None:
        self._required.add(name)
        self._enabled |= {name, *ALSO_ENABLES.get(name, ())}

    def _did_you_mean(self, name: str) -> str:
        near = difflib.get_close_matches(name.lower(), self._offered, 1)
        return f'; did you mean "{near[0]}"?' if near else f": there are {', '.join(sorted(self._offered))}"

    # commands

    def _block(self, nodes: Sequence[Node]) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        waiting = list(nodes)
        while waiting:
            node = waiting.pop(0)
            if node.name == "if":
                arms = [node]
                while waiting and waiting[0].name in ("elsif", "else") and arms[-1].name != "else":
                    arms.append(waiting.pop(0))
                statements.append(self._choice(arms))
            else:
                statements.append(self._command(node))
        return tuple(statements)

    def _choice(self, arms: list[Node]) -> Choice:
        branches = []
        for node in arms:
            self._shape(node, WORDS[node.name])
            if node.arguments:
                raise SieveError(node.line, f'"{node.name}" takes a test, no other arguments')
            test = self._test(node.tests[0]) if node.tests else None
            if self._lacks(node.tests):
                block: tuple[Statement, ...] = ()  # RFC 5463 §4: never run, so it may say what is not known here
            else:
                block = self._block(node.block or ())
            branches.append(Branch(test, node.line, block))
        return Choice(arms[0].line, tuple(branches))

    def _lacks(self, tests: Tree) -> bool:
        """Whether an ihave test here is known to fail; one that holds enables what it names."""
        waiting = list(tests)
        while waiting:
            test = waiting.pop()
            if test.name == "allof":
                waiting += test.tests
            if test.name == "ihave":
                names = {text for each in test.arguments if isinstance(each, Strings) for text in each.values}
                if not names <= self._offered:
                    return True
                for name in names:
                    self._enable(name)
        return False

    def _command(self, node: Node) -> Call:
        spec = self._word(node, Role.COMMAND)
        if node.name in ("elsif", "else"):
            raise SieveError(node.line, f'"{node.name}" has no "if" before it')
        if node.name == "require":
            raise SieveError(node.line, '"require" stands at the top, before every other command')
        self._shape(node, spec)
        call = self._call(node, spec)
        if node.name == "include":
            self._note_include(call)
        return call

    def _note_include(self, call: Call) -> None:
        location = "global" if "global" in call.tags else "personal"
        name = str(call.words[0])
        if not name or "/" in name or not name.isprintable():
            raise SieveError(call.line, f"{name!r} cannot be the name of a script")
        self._includes[location, name] = None

    # tests

    def _test(self, node: Node) -> Test:
        spec = self._word(node, Role.TEST)
        self._shape(node, spec)
        if node.name in JOINS:
            if node.arguments:
                raise SieveError(node.line, f'"{node.name}" takes tests, no other arguments')
            return Join(node.name, node.line, tuple(self._test(test) for test in node.tests), node)
        return self._call(node, spec)

    # any word

    def _word(self, node: Node, role: Role) -> Word:
        spec = WORDS.get(node.name)
        if spec is None or spec.role is not role:
            if spec is not None:
                text = f'"{node.name}" is a {spec.role.value}: a {role.value} is expected here'
                raise SieveError(node.line, text)
            allowed = [name for name, word in WORDS.items() if word.role is role]
            near = difflib.get_close_matches(node.name, allowed, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(sorted(allowed))}"
            raise SieveError(node.line, f'"{node.name}" is no {role.value}: {hint}')
        self._need(node.line, f'"{node.name}"', spec.capability)
        return spec

    def _need(self, line: int, what: str, capability: str) -> None:
        if capability and capability not in self._enabled:
            raise SieveError(line, f'{what} needs require "{capability}" at the top')

    def _shape(self, node: Node, spec: Word) -> None:
        if spec.has_block != (node.block is not None):
            wrong = "needs a block in braces" if spec.has_block else "ends with a semicolon, not with a block"
            raise SieveError(node.line, f'"{node.name}" {wrong}')
        count = len(node.tests)
        if (spec.tests is None and not count) or (spec.tests is not None and count != spec.tests):
            wanted = "a list of tests in parentheses" if spec.tests is None else f"{spec.tests or 'no'} test"
            hint = (
                f': is a semicolon missing before "{node.tests[0].name}"?' if node.tests and not spec.tests else ""
            )
            raise SieveError(node.line, f'"{node.name}" takes {wanted}{hint}')

    def _call(self, node: Node, spec: Word) -> Call:
        tags, words = self._arguments(node, spec)
        self._check_tags(node, spec, tags)
        matcher = matcher_of(node.line, tags) if "comparator" in spec.tags else PLAIN
        if matcher.comparator is Comparator.ASCII_NUMERIC:
            self._need(node.line, f'"{matcher.comparator.value}"', f"comparator-{matcher.comparator.value}")
        call = Call(node.name, node.line, words, tags, matcher, node)
        self._constants.check(call)
        if "comparator" in spec.tags and words:
            keys = words[-1]
            self._constants.keys(node.line, matcher, keys if isinstance(keys, tuple) else (str(keys),))
        return call

    def _check_tags(self, node: Node, spec: Word, tags: dict[str, Value]) -> None:
        for group in spec.needs:
            if not any(spec.tags[tag].group == group for tag in tags):
                allowed = " or ".join(f'":{tag}"' for tag, each in spec.tags.items() if each.group == group)
                raise SieveError(node.line, f'"{node.name}" needs {allowed}')
        if "last" in tags and "index" in spec.tags and "index" not in tags:
            raise SieveError(node.line, '":last" goes with ":index"')

    def _arguments(self, node: Node, spec: Word) -> tuple[dict[str, Value], tuple[Value, ...]]:
        tags: dict[str, Value] = {}
        groups: dict[str, str] = {}
        words: list[Argument] = []
        waiting = list(node.arguments)
        while waiting:
            argument = waiting.pop(0)
            if not isinstance(argument, Tag):
                words.append(argument)
                continue
            if words:
                raise SieveError(argument.line, f'":{argument.name}" stands before the other arguments')
            tag = self._tag(node, spec, argument)
            if tag.group in groups:
                other = groups[tag.group]
                text = "is there twice" if other == argument.name else f'and ":{other}" exclude each other'
                raise SieveError(argument.line, f'":{argument.name}" {text}')
            groups[tag.group] = argument.name
            tags[argument.name] = self._tag_value(argument, tag, waiting)
        return tags, self._positional(node, spec, words)

    def _tag(self, node: Node, spec: Word, argument: Tag) -> TagSpec:
        tag = spec.tags.get(argument.name)
        if tag is None:
            allowed = ", ".join(f":{name}" for name in spec.tags) or "none"
            raise SieveError(argument.line, f'"{node.name}" has no ":{argument.name}"; its tags: {allowed}')
        self._need(argument.line, f'":{argument.name}"', tag.capability)
        return tag

    def _tag_value(self, argument: Tag, tag: TagSpec, waiting: list[Argument]) -> Value:
        if tag.takes is None:
            return True
        if not waiting:
            raise SieveError(argument.line, f'":{argument.name}" takes {tag.takes.value}')
        return self._value(waiting.pop(0), tag.takes, f'":{argument.name}"')

    def _positional(self, node: Node, spec: Word, words: list[Argument]) -> tuple[Value, ...]:
        kinds = spec.arguments
        values: list[Value] = []
        if spec.optional_first and len(words) == len(kinds) - 1:
            values.append(())
            kinds = kinds[1:]
        if len(words) != len(kinds):
            wanted = ", then ".join(kind.value for kind in kinds) or "no arguments"
            raise SieveError(node.line, f'"{node.name}" takes {wanted}; {len(words)} given')
        values += [self._value(word, kind, f'"{node.name}"') for word, kind in zip(words, kinds, strict=True)]
        return tuple(values)

    def _value(self, argument: Argument, kind: Kind, what: str) -> Value:
        match argument, kind:
            case Number(value=value), Kind.NUMBER:
                return value
            case Strings(values=values), Kind.STRINGS:
                return tuple(self._text(text, argument.line) for text in values)
            case Strings(values=(text,), is_list=False), Kind.STRING:
                return self._text(text, argument.line)
        raise SieveError(argument.line, f"{what} takes {kind.value} here")

    def _text(self, text: str, line: int) -> str:
        if "encoded-character" not in self._enabled or "${" not in text:
            return text
        try:
            return decoded(text)
        except EncodedCharacterFault as fault:
            raise SieveError(line, str(fault)) from None
