"""Worker processes that take one scan after another."""
