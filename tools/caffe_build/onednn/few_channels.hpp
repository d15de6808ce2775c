// A convolution of few input channels, such as an image's one: straight into Caffe's layout.
#ifndef SCAN2NUM_ONEDNN_FEW_CHANNELS_HPP_
#define SCAN2NUM_ONEDNN_FEW_CHANNELS_HPP_

#include "convolution.hpp"

namespace scan2num {

// Whether FewChannelsForward() computes this shape, and faster than oneDNN does, on this CPU.
bool FewChannelsCover(const ConvolutionShape& shape);

// As WinogradForward().
void FewChannelsForward(const ConvolutionShape& shape, int images, const float* input,
                        const float* weights, const float* bias, float* output);

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_FEW_CHANNELS_HPP_
