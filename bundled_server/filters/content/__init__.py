"""Content rules: what may not stand in a header, a body, a type or the name of an attachment."""
