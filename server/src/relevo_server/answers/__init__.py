"""What an answer holds: rows and how they are written."""
