"""Batch: from stored crops to the stacks of slices that a network is fed with."""
