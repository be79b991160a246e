"""LMTA, the local MTA of the MUA: carries the outbox to the submission server by SMTP."""
