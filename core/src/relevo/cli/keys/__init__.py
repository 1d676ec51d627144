"""`relevo keys`: make keys to the HTTP API, list them, take them back."""

from relevo.cli.keys.command import make_keys_command

__all__ = ["make_keys_command"]
