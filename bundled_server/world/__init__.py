"""The practice world: two hosts, their DNS and sample mail, on one laptop with no network."""
