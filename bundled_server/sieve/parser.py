"""From the text of a script to its tree, by the generic grammar alone (RFC 5228 §8.2)."""

from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.lexer import Kind, Token, tokens
from bundled_server.sieve.tree import Argument, Node, Number, Strings, Tag

Tree = tuple[Node, ...]


def parse(script: str, *, most_depth: int = 32, most_commands: int = 10_000) -> Tree:
    """The commands of a script. Raises SieveError; `most_depth` bounds blocks, tests and lists within one
    another, `most_commands` commands and tests together."""
    return _Parser(list(tokens(script.removeprefix("\ufeff"))), most_depth, most_commands).script()


class _Parser:
    """Recursive descent: one method for each rule of the grammar."""

    def __init__(self, words: list[Token], most_depth: int, most_commands: int) -> None:
        self._words = words
        self._position = 0
        self._depth_left = most_depth
        self._commands_left = most_commands

    def script(self) -> Tree:
        commands = []
        while self._now.kind is not Kind.END:
            commands.append(self._command())
        return tuple(commands)

    @property
    def _now(self) -> Token:
        return self._words[self._position]

    def _next(self) -> Token:
        word = self._words[self._position]
        self._position += 1
        return word

    def _is_mark(self, text: str) -> bool:
        return self._now.kind is Kind.MARK and self._now.text == text

    def _take_mark(self, text: str) -> bool:
        if self._is_mark(text):
            self._position += 1
            return True
        return False

    def _expect(self, text: str, where: str) -> None:
        if not self._take_mark(text):
            raise SieveError(self._now.line, f'"{text}" is expected {where}, not {self._now.shown}')

    def _name(self, what: str) -> Token:
        word = self._now
        if word.kind is not Kind.IDENTIFIER:
            raise SieveError(word.line, f"{what} is expected here, not {word.shown}")
        self._commands_left -= 1
        if self._commands_left < 0:
            raise SieveError(word.line, "the script has too many commands and tests")
        return self._next()

    def _deeper(self, line: int) -> None:
        self._depth_left -= 1
        if self._depth_left < 0:
            raise SieveError(line, "blocks, tests and lists are nested too deep")

    def _command(self) -> Node:
        name = self._name("a command")
        arguments, tests = self._arguments(f'the arguments of "{name.text}"')
        block: Tree | None = None
        if self._is_mark("{"):
            block = self._block()
        else:
            self._expect(";", f'after "{name.text}" and its arguments')
        return Node(name.text, name.line, arguments, tests, block)

    def _block(self) -> Tree:
        opened = self._next()
        self._deeper(opened.line)
        commands = []
        while not self._take_mark("}"):
            if self._now.kind is Kind.END:
                raise SieveError(opened.line, 'the block that begins here is not closed: a "}" is missing')
            commands.append(self._command())
        self._depth_left += 1
        return tuple(commands)

    def _arguments(self, where: str) -> tuple[tuple[Argument, ...], Tree]:
        arguments: list[Argument] = []
        while (argument := self._argument()) is not None:
            arguments.append(argument)
        if self._is_mark("("):
            return tuple(arguments), self._test_list()
        if self._now.kind is Kind.IDENTIFIER:
            return tuple(arguments), (self._test(),)
        return tuple(arguments), ()

    def _argument(self) -> Argument | None:
        word = self._now
        match word.kind:
            case Kind.TAG:
                return Tag(self._next().text, word.line)
            case Kind.NUMBER:
                return Number(self._next().number, word.line)
            case Kind.STRING:
                return Strings((self._next().text,), word.line)
            case Kind.MARK if word.text == "[":
                return self._string_list()
        return None

    def _string_list(self) -> Strings:
        opened = self._next()
        values: list[str] = []
        while True:
            word = self._now
            if word.kind is not Kind.STRING:
                raise SieveError(word.line, f"a list holds strings in quotes, not {word.shown}")
            values.append(self._next().text)
            if self._take_mark("]"):
                return Strings(tuple(values), opened.line, is_list=True)
            self._expect(",", 'between the strings of a list, or "]" at its end')

    def _test(self) -> Node:
        name = self._name("a test")
        self._deeper(name.line)
        arguments, tests = self._arguments(f'the arguments of "{name.text}"')
        self._depth_left += 1
        return Node(name.text, name.line, arguments, tests)

    def _test_list(self) -> Tree:
        opened = self._next()
        self._deeper(opened.line)
        tests = [self._test()]
        while not self._take_mark(")"):
            self._expect(",", 'between tests, or ")" after the last')
            tests.append(self._test())
        self._depth_left += 1
        return tuple(tests)
