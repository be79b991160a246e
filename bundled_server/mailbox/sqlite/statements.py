"""Statements for many values at once: one step of the database for each batch.

Every step lets go of the interpreter, and a busy event loop is slow to give it back.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

T = TypeVar("T")

SET_SIZES: Final = (512, 64, 8, 1)
ROWS_AT_ONCE: Final = 64
STATEMENTS_KEPT: Final = 1024


@lru_cache(maxsize=STATEMENTS_KEPT)
def _with_marks(sql: str, marks: str, count: int) -> str:
    return sql.replace("(*)", ",".join([marks] * count))


def in_sets(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut `values` into runs of a few fixed lengths, so that statements are prepared once; a short last run is
    filled up with its last value."""
    position = 0
    while position < len(values):
        left = len(values) - position
        size = next((s for s in reversed(SET_SIZES) if s >= left), SET_SIZES[0])
        run = values[position : position + size]
        position += size
        yield run if len(run) == size else [*run, *[run[-1]] * (size - len(run))]


def select_in(
    connection: sqlite3.Connection, sql: str, values: Sequence[Any], before: Sequence[Any] = ()
) -> Iterator[Any]:
    """The rows of a SELECT … IN ((*)), whose other parameters come `before`."""
    for run in in_sets(values):
        yield from connection.execute(_with_marks(sql, "?", len(run)), (*before, *run)).fetchall()


def execute_in(
    connection: sqlite3.Connection, sql: str, values: Sequence[Any], before: Sequence[Any] = ()
) -> None:
    """Run a statement … IN ((*)) for all values."""
    for run in in_sets(values):
        connection.execute(_with_marks(sql, "?", len(run)), (*before, *run))


def insert_rows(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run an INSERT … VALUES (*) for all rows, many to a step."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        run = rows[start : start + ROWS_AT_ONCE]
        marks = "(" + ",".join("?" * len(run[0])) + ")"
        connection.execute(_with_marks(sql, marks, len(run)), [value for row in run for value in row])
