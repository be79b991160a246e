"""A listing that was read before the folder changed is still drawn."""

from termail.store.trees import draw, visible_parents


def test_a_message_that_went_away_keeps_its_line() -> None:
    gone = (7, -7, 0.0, 0, -1)
    (drawn,) = draw([gone], visible_parents([gone], lambda thread: {}))
    assert drawn.tree == ""


def test_an_answer_listed_above_its_parent_is_drawn_as_a_thread_of_its_own() -> None:
    answer, parent = (2, 1, 2.0, 20, 10), (1, 1, 1.0, 10, 0)
    drawn = draw([answer, parent], visible_parents([answer, parent], lambda thread: {}))
    assert [entry.depth for entry in drawn] == [0, 0]
