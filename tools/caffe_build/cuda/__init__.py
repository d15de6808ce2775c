"""What a build of Caffe with CUDA needs: the toolkit, its versions, checks of the binaries."""
