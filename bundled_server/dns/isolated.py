"""The resolver of a host that knows no world beyond itself."""

from bundled_server.dns.resolver import NotOurWorld


class IsolatedResolver:
    """Implements Resolver: every name lies outside."""

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        raise NotOurWorld(domain)

    async def addresses(self, host: str) -> list[str]:
        raise NotOurWorld(host)

    async def txt(self, name: str) -> list[str]:
        raise NotOurWorld(name)

    async def ptr(self, address: str) -> list[str]:
        raise NotOurWorld(address)
