"""Repeatability: what network and densities make of the same subject scanned again."""
