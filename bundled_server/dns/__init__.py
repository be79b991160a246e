"""DNS: the resolver the MTA asks for MX records, and the zone server of the practice world."""
