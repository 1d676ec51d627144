"""The sandbox's own routes: a page that says what it is, and the knobs."""
