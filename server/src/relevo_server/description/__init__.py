"""The API described: OpenAPI, its examples and its page."""
