"""Stores as a whole: look at one, upgrade it, renew its log, copy it into another."""
