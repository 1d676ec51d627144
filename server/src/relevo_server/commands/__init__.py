"""The commands that serve, send and follow: what `relevo` can do with a server."""
