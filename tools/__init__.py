"""Programs; each file with a main() runs as `python tools/<file>.py --help`."""
