"""What a server can be asked, one room for each part of its API. No I/O."""
