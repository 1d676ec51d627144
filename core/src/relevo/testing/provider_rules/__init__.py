"""The rules of `ProviderConformance`, one kind per module."""
