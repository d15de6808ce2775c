"""Running Caffe: where it is installed, its device, its process and its log."""
