"""The fields that tell what the filters said: Authentication-Results (RFC 8601) and X-Spam-*; which are forged."""

from collections.abc import Sequence

from bundled_server.filters.verdict import Said

SPAM_FIELDS = frozenset(
    {
        "x-spam-flag",
        "x-spam-status",
        "x-spam-score",
        "x-spam-level",
        "x-spam-action",
        "x-spam-verdict",
        "x-spam-explanation",
        "x-spam-report",
        "x-virus-status",
    }
)
VERDICT_FIELDS = SPAM_FIELDS | {"authentication-results"}
"""The names of the fields that `is_forged_result` has an opinion of."""
SIGNED_FIELDS = frozenset({"authentication-results", "x-spam-verdict", "x-spam-explanation"})
LINE_OCTETS = 900
MOST_LINES = 60
MOST_STARS = 30


def is_forged_result(field_name: str, value: str, own_id: str) -> bool:
    """Whether a field claims to be a verdict of ours: Authentication-Results with our own id (RFC 8601 §5), or
    a spam mark, which only our filters may set."""
    name = field_name.lower()
    return name in SPAM_FIELDS or is_signed_by(name, value, own_id)


def is_signed_by(field_name: str, value: str, own_id: str) -> bool:
    """Whether a field that names who says it (in lower case: Authentication-Results, X-Spam-Verdict) names us."""
    if field_name not in SIGNED_FIELDS:
        return False
    claimed = _without_comments(value).partition(";")[0].replace('"', "").split()
    return not claimed or claimed[0].lower().rstrip(".") == own_id.lower()


def _without_comments(value: str) -> str:
    """The value without its comments, which may stand anywhere (RFC 5322 §3.2.2); one that never ends ends it."""
    depth, kept, is_escaped = 0, [], False
    for letter in value:
        if is_escaped:
            is_escaped = False
        elif letter == "\\":
            is_escaped = True
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(letter)
    return "".join(kept)


def result_fields(own_id: str, said: Sequence[Said], total: float, required: float, action: str) -> bytes:
    """The fields for the top of a message. `required` are the points from which it counts as spam; `action` is
    what is to become of it: "none", "tag", "junk" or "quarantine"."""
    results = [result for one in said for result in one.verdict.results.split("; ") if result]
    is_spam = action != "none"
    tests = ",".join(f"{one.name}={one.verdict.score:.1f}" for one in said if one.verdict.score)
    lines = [f"Authentication-Results: {own_id};\r\n\t" + ";\r\n\t".join(map(_safe, results))] if results else []
    lines += ["X-Spam-Flag: YES"] if is_spam else []
    lines += [
        f"X-Spam-Score: {total:.1f}",
        *([f"X-Spam-Level: {'*' * min(int(total), MOST_STARS)}"] if total >= 1 else []),
        f"X-Spam-Status: {'Yes' if is_spam else 'No'}, score={total:.1f} required={required:.1f}"
        f" tests={_safe(tests) or 'none'}",
        f"X-Spam-Action: {action}",
    ]
    telling = [one for one in said if one.is_worth_telling]
    lines += [f"X-Spam-Verdict: {own_id}; {_safe(one.line)}" for one in telling[:MOST_LINES]]
    explained = [f"{one.name}; {line}" for one in telling for line in one.verdict.explanation]
    lines += [f"X-Spam-Explanation: {own_id}; {_safe(line)}" for line in explained[:MOST_LINES]]
    return b"".join(f"{line}\r\n".encode("ascii") for line in lines)


def _safe(text: str) -> str:
    """One line of ASCII whatever a peer, a message or a name server made of it; cut to what a line may hold."""
    line = text[:LINE_OCTETS]
    if line.isascii() and line.isprintable():
        return line
    line = "".join(c if c.isprintable() else " " for c in line)
    return line.encode("ascii", "backslashreplace").decode("ascii")[:LINE_OCTETS]
