"""Training: the run folder, what it is to run, and following it to its end."""
