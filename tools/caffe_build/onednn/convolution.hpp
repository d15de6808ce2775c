// The three operations of a 2-D convolution, for a fixed number of images. What differs between
// oneDNN 2 and 3 is in convolution.cpp.
#ifndef SCAN2NUM_ONEDNN_CONVOLUTION_HPP_
#define SCAN2NUM_ONEDNN_CONVOLUTION_HPP_

#include "operation.hpp"

namespace scan2num {

struct ConvolutionShape {
  int channels, height, width;  // of an input image
  int outputs, output_height, output_width;
  int kernel_height, kernel_width, stride_height, stride_width, pad_height, pad_width;
  bool bias;

  bool operator==(const ConvolutionShape& other) const;

  bool kernel_covers_image() const {
    return kernel_height == height && kernel_width == width && pad_height == 0 && pad_width == 0;
  }

  // Float32 of an image, in and out.
  std::size_t bytes_per_image() const {
    return sizeof(float) * (static_cast<std::size_t>(channels) * height * width +
                            static_cast<std::size_t>(outputs) * output_height * output_width);
  }
};

// Blobs: input, weights, output; bias as the last where there is one. dnnl::error where oneDNN has
// nothing for the shape.
Operation ConvolutionForward(const ConvolutionShape& shape, int images);

// Blobs: output's gradient, weights, input's gradient.
Operation ConvolutionBackwardData(const ConvolutionShape& shape, int images);

// Blobs: input, output's gradient, weights' gradient; the bias's as the last where `bias`.
Operation ConvolutionBackwardWeights(const ConvolutionShape& shape, int images, bool bias);

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_CONVOLUTION_HPP_
