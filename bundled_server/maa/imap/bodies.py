"""Reading whole messages: many small ones in one step of the store, a large one by itself."""

from collections.abc import Sequence

from bundled_server.mailbox.store import Store, StoreError, StoreUnavailable

_LARGE_OCTETS = 131_072
_TOGETHER_OCTETS = 524_288


async def load_bodies(store: Store, content_ids: Sequence[int], sizes: Sequence[int]) -> list[bytes | None]:
    """In the order asked, None for a message that is gone."""
    found: list[bytes | None] = []
    few: list[int] = []
    octets = 0
    for content_id, size in zip(content_ids, sizes, strict=True):
        if few and (size > _LARGE_OCTETS or octets + size > _TOGETHER_OCTETS):
            found += await store.bodies(few)
            few, octets = [], 0
        if size > _LARGE_OCTETS:
            found.append(await _body(store, content_id))
        else:
            few.append(content_id)
            octets += size
    return found + await store.bodies(few) if few else found


async def _body(store: Store, content_id: int) -> bytes | None:
    try:
        return await store.body(content_id)
    except StoreUnavailable:
        raise
    except StoreError:
        return None
