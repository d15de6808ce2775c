"""The ONNX twin: a trained network as one file that scores without Caffe."""
