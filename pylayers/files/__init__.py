"""Files: where they lie, whole or not at all, under a lock, and as text tables."""
