"""The work one run may do: counted in steps, so that the same script and message always end the same way."""


class OutOfBudget(Exception):
    """The run took more steps than it may."""


class Budget:
    """A step is some two microseconds' work: a character compared, a state of a pattern tried."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Raises OutOfBudget."""
        self._left -= steps
        if self._left < 0:
            raise OutOfBudget
