"""Bang paths, MACH2!MACH1!USER: the way of UUCP mail, read as the gateways of its time did (RFC 976 §2)."""

from collections.abc import Collection

from bundled_server.protocols.smtp.path import MalformedPath, Path, parse_path


def own_names(hostname: str, domains: Collection[str]) -> frozenset[str]:
    """What a path may call this host: its domains, its name, and its name without the domain."""
    return frozenset((*domains, hostname.lower(), hostname.lower().partition(".")[0]))


def unbanged(path: Path, own: Collection[str], domain: str, *, outward: bool = False) -> Path:
    """`path` with the hops taken off that are this host (`own`); what is left without a host belongs to `domain`.

    With `outward` the next host becomes the domain: MACH2!MACH1!USER turns into MACH1!USER@MACH2. That is for our
    own users; a stranger's way through us is left as it stands, to be refused.
    """
    if "!" not in path.local_part or path.address.startswith('"') or (path.domain and path.domain not in own):
        return path
    hops = path.local_part.split("!")
    while len(hops) > 1 and hops[0].lower() in own:
        hops.pop(0)
    if len(hops) > 1 and not outward:
        return path
    address = f"{hops[0]}@{path.domain or domain}" if len(hops) == 1 else f"{'!'.join(hops[1:])}@{hops[0]}"
    try:
        return parse_path(address)
    except MalformedPath:
        return path
