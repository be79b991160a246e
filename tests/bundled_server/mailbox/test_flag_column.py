"""The column of flags behaves as the list of flag sets it stands for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.mailbox.flag_column import NARROW, FlagColumn

SETS = [frozenset({f"k{number}"}) for number in range(NARROW + 40)]
places = st.integers(0, 999)
steps = st.one_of(
    st.tuples(st.just("extend"), st.lists(st.sampled_from(SETS), max_size=80)),
    st.tuples(st.just("set"), st.tuples(places, st.sampled_from(SETS))),
    st.tuples(st.just("delete"), places),
    st.tuples(st.just("copy"), st.none()),
    st.tuples(st.just("keep"), st.integers(2, 5)),
)


def take(step, column, plain):
    kind, value = step
    if kind == "extend":
        column.extend(value)
        plain = plain + value
    elif kind == "copy":
        column = column[:]
    elif kind == "keep":
        mask = bytes(int(at % value != 0) for at in range(len(plain)))
        column, plain = column.kept(mask), [one for at, one in enumerate(plain) if mask[at]]
    elif plain and kind == "set":
        at, flags = value[0] % len(plain), value[1]
        column[at] = plain[at] = flags
    elif plain:
        at = value % len(plain)
        del column[at], plain[at]
    return column, plain


@given(st.lists(steps, max_size=20), st.booleans())
@settings(max_examples=150, deadline=None)
def test_it_reads_as_a_list_does(history, starts_wide):
    plain = list(SETS) if starts_wide else []
    column = FlagColumn(plain)
    for step in history:
        column, plain = take(step, column, plain)
    assert list(column) == plain and column == plain and len(column) == len(plain)
    assert column[1:5] == plain[1:5] and [column[at] for at in range(len(plain))] == plain
    assert set(column.distinct()) == set(plain)
    assert column.mask(lambda flags: "k3" in flags) == bytes(int("k3" in flags) for flags in plain)


def test_a_copy_is_a_column_of_its_own():
    first = FlagColumn(SETS[:3])
    second = first[:]
    second[0] = SETS[9]
    second.extend([SETS[8]])
    assert list(first) == SETS[:3]
    assert list(second) == [SETS[9], SETS[1], SETS[2], SETS[8]]
