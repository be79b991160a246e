"""The index's view of a folder: lines, threads, collapsing, the cursor's place."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from termail.model.folder import Folder
from termail.model.folder_view import FolderView, nearest
from termail.model.order import Order, SortKey
from termail.model.row import Row

FOLDER = Folder(folder_id=1, account="work", name="INBOX", role="inbox", total=8, unread=0, flagged=0)
DEPTHS = (0, 1, 2, 1, 0, 0, 1, 0)


@dataclass(frozen=True)
class Placed:
    depth: int
    tree: str = ""


def row(message_id: int) -> Row:
    return Row(
        message_id=message_id, folder_id=1, uid=message_id, sender_name="", sender_address="a@b", to="",
        subject="", message_id_header="", date=0.0, received=0.0, size_octets=1, lines=1, thread_id=1,
        is_read=True, is_old=False, is_flagged=False, is_answered=False, is_deleted=message_id == 12,
        is_draft=False,
        has_attachment=False, to_me="", list_id="", keywords=frozenset(), has_body=True,
    )  # fmt: skip


class Fetches:
    """Counts what the view asks for."""

    def __init__(self) -> None:
        self.rows_asked = 0

    def rows(self, ids: Sequence[int]) -> list[Row]:
        self.rows_asked += len(ids)
        return [row(message_id) for message_id in ids]

    def placements(self, ids: Sequence[int], start: int, stop: int) -> list[Placed]:
        return [Placed(DEPTHS[at % len(DEPTHS)]) for at in range(start, stop)]


@pytest.fixture
def view() -> FolderView:
    fetches = Fetches()
    view = FolderView(FOLDER, Order(), fetches.rows, fetches.placements)
    view.put_listing(array("q", range(10, 18)))
    return view


def test_threads_are_walked_head_by_head(view: FolderView) -> None:
    assert view.next_thread(1, 1) == 4
    assert view.next_thread(4, 1) == 5
    assert view.next_thread(7, 1) is None
    assert view.next_thread(6, -1) == 4
    assert view.next_thread(2, -1) is None


def test_subthreads_and_parents_follow_the_tree(view: FolderView) -> None:
    assert view.next_subthread(1, 1) == 3
    assert view.parent(2) == 1
    assert view.parent(3) == 0
    assert view.parent(0) is None
    assert view.thread_ids(2) == (10, 11, 12, 13)
    assert view.subthread_ids(1) == (11, 12)


def test_collapsing_hides_and_opens_in_place(view: FolderView) -> None:
    assert view.toggle_collapse(2) == 0
    assert [view.id_at(line) for line in range(len(view))] == [10, 14, 15, 16, 17]
    assert view.hidden_at(0) == 3
    assert view.number(1) == 5
    assert view.line_of(12) == 0
    assert view.covered_ids(0) == (10, 11, 12, 13)
    assert view.toggle_collapse(0) == 0
    assert len(view) == 8


def test_collapse_all_keeps_through_another_listing_with_depths(view: FolderView) -> None:
    view.toggle_collapse_all(DEPTHS)
    assert [view.id_at(line) for line in range(len(view))] == [10, 14, 15, 17]
    view.put_listing(array("q", range(10, 18)), DEPTHS)
    assert len(view) == 4
    view.toggle_collapse_all(DEPTHS)
    assert len(view) == 8


def test_without_threads_every_message_is_its_own(view: FolderView) -> None:
    view.order = Order(SortKey.DATE)
    assert view.next_thread(1, 1) == 2
    assert view.thread_ids(1) == (11,)


def test_find_skips_what_is_not_accepted(view: FolderView) -> None:
    assert view.find(1, 1, lambda found: not found.is_deleted) == 3
    assert view.find(7, 1, lambda found: True) is None
    assert view.next_of(6, 1, {10}) == 0
    assert view.next_of(6, 1, {99}) is None


def test_a_key_costs_a_window_not_the_folder() -> None:
    fetches = Fetches()
    view = FolderView(FOLDER, Order(SortKey.DATE), fetches.rows, fetches.placements)
    view.put_listing(array("q", range(100_000)))
    for line in (0, 99_999, 50_000):
        assert view.row_at(line) is not None
    assert fetches.rows_asked <= 3 * 128


def test_the_cursor_goes_to_the_next_message_that_stayed() -> None:
    old, new = array("q", [1, 2, 3, 4, 5]), array("q", [1, 2, 5])
    assert nearest(new, old, 2) == 2
    assert nearest(array("q", [1]), old, 4) == 0
    assert nearest(array("q"), old, 4) == 0
