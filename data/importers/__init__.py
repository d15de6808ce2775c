"""What the importers of all studies share."""
