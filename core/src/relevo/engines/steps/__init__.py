"""The steps of one transaction, for engines whose transactions are plain calls."""
