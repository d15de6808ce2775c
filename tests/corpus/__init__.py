"""Corpus: scans that must be refused, each by its reason, and odd but healthy ones to be scored."""
