"""Scenarios: what happens when, in a file."""
