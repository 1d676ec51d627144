"""The rules every engine keeps, one file per concern."""
