"""Checks of Caffe on a GPU: agreement with the CPU, time per layer, memory."""
