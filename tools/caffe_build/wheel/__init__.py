"""Genuine Caffe as a Python wheel, with the libraries that it needs inside."""
