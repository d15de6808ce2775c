"""Scoring: from trained runs and scans to numbers, tables and relevance maps."""
