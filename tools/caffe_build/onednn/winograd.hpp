// A 5 x 5 convolution of stride 2 with a third of the multiplications, by Winograd's minimal
// filtering (Lavin and Gray 2016, arXiv 1509.09308) of its even and its odd taps.
#ifndef SCAN2NUM_ONEDNN_WINOGRAD_HPP_
#define SCAN2NUM_ONEDNN_WINOGRAD_HPP_

#include "convolution.hpp"

namespace scan2num {

// Whether WinogradForward() computes this shape, and faster than oneDNN does, on this CPU.
bool WinogradCovers(const ConvolutionShape& shape);

// output := the convolution of so many images, all as Caffe lays them out; bias: null if there is
// none. The same bits for any number of threads.
void WinogradForward(const ConvolutionShape& shape, int images, const float* input,
                     const float* weights, const float* bias, float* output);

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_WINOGRAD_HPP_
