"""What is known of a message's sender, sentence by sentence: the trust line explained."""

from collections.abc import Iterator

from termail.mime.headers import first_value, header_end, parse_addresses, scan_headers
from termail.mime.lookalike import imitated, readable_host
from termail.mime.sanitize import clean_line
from termail.mime.trust import hops, reply_goes_elsewhere, verdicts
from termail.screens.trust_line import is_ours, pretended_address

_MEANS = {
    "dkim": "the domain signed the message, and it was not changed since",
    "spf": "the host that sent it may send for the domain of the envelope",
    "dmarc": "the domain you see in From stands behind it",
    "arc": "servers on the way vouch for what they saw",
}
_RESULTS = {
    "pass": "yes",
    "fail": "NO",
    "softfail": "probably not",
    "neutral": "the domain does not say",
    "none": "the domain publishes nothing",
    "temperror": "could not be asked",
    "permerror": "what the domain publishes is broken",
}


def trust_texts(raw: bytes, own_domains: frozenset[str], known_hosts: frozenset[str]) -> Iterator[str]:
    """Plain sentences, sanitised."""
    fields = scan_headers(raw[: header_end(raw)[0]])
    senders = parse_addresses(first_value(fields, "from"))
    name, address = senders[0] if senders else ("", "")
    host = address.rpartition("@")[2].lower()
    yield clean_line(f"From says {name or 'no name'} at {address or 'no address'}. Anybody can write that there.")
    if len(senders) > 1:
        yield f"From names {len(senders)} senders; mail programs show the first."
    yield from _warnings(raw, host, known_hosts)
    yield ""
    yield from _verdict_texts(raw, own_domains)
    yield ""
    way = hops(raw)
    last = way[-1] if way else None
    if last is not None:
        yield clean_line(f"Your server {last.by or '(unnamed)'} got it from {last.from_ or '(unnamed)'}.")
        protected = any(word in last.protocol.upper() for word in ("SMTPS", "ESMTPSA", "TLS"))
        yield "That connection was encrypted." if protected else "Nothing says that this connection was encrypted."
        yield "J shows the whole way; only what your own servers wrote can be believed."


def _warnings(raw: bytes, host: str, known_hosts: frozenset[str]) -> Iterator[str]:
    pretended = pretended_address(raw)
    if pretended:
        yield f"! The name contains another address, {pretended}: a usual trick."
    of = imitated(host, known_hosts)
    if of == "mixed alphabets":
        yield clean_line(f"! {readable_host(host)} ({host}) mixes letters of several alphabets.")
    elif of:
        yield clean_line(f"! {readable_host(host)} ({host}) looks like {of} but is another owner's.")
    elsewhere = reply_goes_elsewhere(raw)
    if elsewhere:
        yield f"! A reply would go to {elsewhere}, at another domain than the sender's."


def _verdict_texts(raw: bytes, own_domains: frozenset[str]) -> Iterator[str]:
    found = verdicts(raw)
    if not found:
        yield "No server wrote down what it checked (Authentication-Results)."
    for verdict in found[:12]:
        believed = "your server" if is_ours(verdict.server, own_domains) else "a server you need not believe"
        about = f" for {verdict.subject}" if verdict.subject else ""
        meaning = _MEANS.get(verdict.method, "")
        yield clean_line(
            f"{verdict.method.upper()}{about}: {_RESULTS.get(verdict.result, verdict.result)},"
            f" says {verdict.server.partition(' ')[0]} ({believed}).{f' It asks: {meaning}?' if meaning else ''}"
        )
