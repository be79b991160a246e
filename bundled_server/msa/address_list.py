"""Address lists of header fields, read and completed in place without touching what is already right."""

import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\\.?|[(),<>:;]|[^"\\(),<>:;]+', re.DOTALL)
_UNQUALIFIED = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_ANGLES = re.compile(r"<([^<>]*)>\s*\Z")


def split_list(body: str) -> list[str]:
    """The items of a list, cut at commas outside quotes, comments and angle brackets; joined with "," they give
    `body` again."""
    items: list[str] = []
    current: list[str] = []
    depth = 0
    in_angles = False
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token == "(":
            depth += 1
        elif token == ")":
            depth = max(0, depth - 1)
        elif not depth and token in "<>":
            in_angles = token == "<"
        elif token == "," and not depth and not in_angles:
            items.append("".join(current))
            current = []
            continue
        current.append(token)
    items.append("".join(current))
    return items


def bare_address(item: str) -> str:
    """The addr-spec of one item, "" when there is none; raises ValueError when it is no single mailbox."""
    plain = without_comments(item).strip()
    outside_quotes = "".join(token for token in _TOKEN.findall(plain) if token[0] != '"')
    if any(mark in outside_quotes for mark in ":;,") or outside_quotes.count("<") != outside_quotes.count(">"):
        raise ValueError("a group or a route where a mailbox belongs")
    if outside_quotes.count("<") > 1:
        raise ValueError("two addresses in one mailbox")
    angles = _ANGLES.search(plain)
    if angles is not None:
        return angles[1].strip()
    if "<" in outside_quotes or any(character.isspace() for character in outside_quotes):
        raise ValueError("words around the address")
    return plain


def without_comments(text: str) -> str:
    """`text` without its (comments); parentheses in quotes stay. Raises ValueError when they do not match."""
    kept: list[str] = []
    depth = 0
    for token in _TOKEN.findall(text):
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif not depth:
            kept.append(token)
        if depth < 0:
            break
    if depth:
        raise ValueError("parentheses do not match")
    return "".join(kept)


def complete(body: str, domain: str) -> str:
    """`body` with "@domain" put behind every address that has none (RFC 6409 §8.6); groups are left alone."""
    items = split_list(body)
    completed = [_complete_item(item, domain) for item in items]
    return body if completed == items else ",".join(completed)


def _complete_item(item: str, domain: str) -> str:
    try:
        address = bare_address(item)
    except ValueError:
        return item
    if not _UNQUALIFIED.fullmatch(address):
        return item
    angles = f"<{address}>"
    if angles in item:
        return item.replace(angles, f"<{address}@{domain}>")
    start = item.find(address)
    return f"{item[:start]}{address}@{domain}{item[start + len(address) :]}"
