"""How the server's own process writes its log; whoever embeds Relevo keeps theirs."""

from relevo_server.logs.configuring import configure_logging

__all__ = ["configure_logging"]
