"""One SPF evaluation by pyspf, with answers that were looked up before: it asks for the one it lacks and stops."""

from typing import Any

import spf

from bundled_server.filters.dns_names import reverse_name_address

MOST_VOID_LOOKUPS = 2

Answers = dict[tuple[str, str], list[Any] | None]
"""(name, kind) → values; [] for none, None for no answer."""


class Missing(Exception):
    """The evaluation needs this answer first."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"{name} {kind}")
        self.name = name
        self.kind = kind


class _Query(spf.query):  # type: ignore[misc]
    """pyspf's query; only where it looks up is ours. Our resolver follows CNAMEs."""

    answers: Answers

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        name = str(name).lower().rstrip(".")
        if not name or any(not 0 < len(label) < 64 for label in name.split(".")):
            return []
        asked = reverse_name_address(name) if qtype == "PTR" else name
        if (asked, qtype) not in self.answers:
            raise Missing(asked, qtype)
        values = self.answers[asked, qtype]
        if values is None:
            raise spf.TempError(f"DNS does not answer for {name}")
        if not values and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > MOST_VOID_LOOKUPS:
                raise spf.PermError(f"more than {MOST_VOID_LOOKUPS} look-ups found nothing")
        return list(values)


def evaluate(address: str, sender: str, helo: str, receiver: str, answers: Answers) -> tuple[str, str]:
    """(result, explanation) in the words of RFC 7208 §2.6. Raises Missing."""
    query = _Query(i=address, s=sender, h=helo, receiver=receiver, strict=True)
    query.answers = answers
    result, _, explanation = query.check()
    return str(result), str(explanation)
