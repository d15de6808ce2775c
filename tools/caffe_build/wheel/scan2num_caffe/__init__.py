"""What the `caffe` package of this wheel needs: its libraries, and the program `caffe`."""
