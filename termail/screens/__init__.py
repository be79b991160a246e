"""The screens of the client: index, pager, compose, folders, help."""
