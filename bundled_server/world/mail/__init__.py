"""The sample mail of the practice world, in the order in which it is sent."""
