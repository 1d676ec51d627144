"""`relevo meta setup`: from a token to an account that sends and hears, each step checked."""
