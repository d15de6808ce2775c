"""Lungs: where they are in a scan, whether they can be scored, and the crop around them."""
