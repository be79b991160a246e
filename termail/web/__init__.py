"""Web mail, step 12 of the lecture's picture: the same client in a browser, behind a login its host judges."""
