"""Genuine Caffe from its pinned source into the .venv, for the CPU or for GPUs."""
