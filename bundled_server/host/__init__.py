"""The composition of one mail host: its parts are built here, handed to one another, opened and closed."""
