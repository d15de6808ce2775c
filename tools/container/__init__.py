"""Images: how they are built, entered and checked."""
