"""What a server answers with, as frozen models."""
