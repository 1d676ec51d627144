"""The Graph API: its routes, its rules and its answers."""
