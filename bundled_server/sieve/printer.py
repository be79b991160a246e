"""A tree written down again, in the one layout: what `parse` reads back as the same tree."""

from collections.abc import Iterator

from bundled_server.sieve.parser import Tree
from bundled_server.sieve.tree import Argument, Node, Number, Strings, Tag

INDENT = "    "


def printed(tree: Tree) -> str:
    """The script, one command a line."""
    return "".join(f"{line}\n" for node in tree for line in _command(node, ""))


def shown(node: Node) -> str:
    """One command or test without its block, on one line."""
    words = [node.name, *(_argument(argument) for argument in node.arguments)]
    if len(node.tests) == 1:
        words.append(shown(node.tests[0]))
    elif node.tests:
        words.append(f"({', '.join(shown(test) for test in node.tests)})")
    return " ".join(words)


def _command(node: Node, indent: str) -> Iterator[str]:
    if node.block is None:
        yield f"{indent}{shown(node)};"
        return
    yield f"{indent}{shown(node)} {{"
    for inner in node.block:
        yield from _command(inner, indent + INDENT)
    yield f"{indent}}}"


def _argument(argument: Argument) -> str:
    match argument:
        case Tag(name):
            return f":{name}"
        case Number(value):
            return str(value)
        case Strings(values, is_list=is_list):
            quoted = [_quoted(value) for value in values]
            return f"[{', '.join(quoted)}]" if is_list else quoted[0]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
