"""The anti-spam and anti-virus chain that a message passes on its way in."""
