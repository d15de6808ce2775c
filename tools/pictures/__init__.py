"""Pictures of README and docs: what they are drawn from, and how they become small PNGs."""
