"""Reading whole messages: many small ones in one step of the store, a large one by itself."""

from collections.abc import Sequence

from bundled_server.mailbox.store import Store, StoreError, StoreUnavailable

_LARGE_OCTETS = 262_144


async def load_bodies(store: Store, content_ids: Sequence[int], sizes: Sequence[int]) -> list[bytes | None]:
    """In the order asked, None for a message that is gone."""
    if sum(sizes) <= _LARGE_OCTETS:
        return await store.bodies(content_ids)
    return [await _body(store, content_id) for content_id in content_ids]


async def _body(store: Store, content_id: int) -> bytes | None:
    try:
        return await store.body(content_id)
    except StoreUnavailable:
        raise
    except StoreError:
        return None
