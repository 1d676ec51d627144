"""What a request says, read and checked."""
