"""What the command lines of all programs share: exit codes, streams, paths, progress."""
