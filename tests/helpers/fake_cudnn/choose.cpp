// Asks as Caffe's convolution layer does: prints the algorithm chosen forward, for the filter and
// for the data within each limit of the command line (-1: none), then the descriptor's math type.
#include <cudnn.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const size_t limit = std::atoi(argv[i]);
    cudnnConvolutionFwdAlgo_t forward;
    cudnnConvolutionBwdFilterAlgo_t filter;
    cudnnConvolutionBwdDataAlgo_t data;
    const bool found[] = {
      cudnnGetConvolutionForwardAlgorithm(nullptr, nullptr, nullptr, nullptr, nullptr,
        CUDNN_CONVOLUTION_FWD_SPECIFY_WORKSPACE_LIMIT, limit, &forward) == CUDNN_STATUS_SUCCESS,
      cudnnGetConvolutionBackwardFilterAlgorithm(nullptr, nullptr, nullptr, nullptr, nullptr,
        CUDNN_CONVOLUTION_BWD_FILTER_SPECIFY_WORKSPACE_LIMIT, limit, &filter)
        == CUDNN_STATUS_SUCCESS,
      cudnnGetConvolutionBackwardDataAlgorithm(nullptr, nullptr, nullptr, nullptr, nullptr,
        CUDNN_CONVOLUTION_BWD_DATA_SPECIFY_WORKSPACE_LIMIT, limit, &data) == CUDNN_STATUS_SUCCESS,
    };
    std::printf("%d %d %d\n", found[0] ? forward : -1, found[1] ? filter : -1,
                found[2] ? data : -1);
  }
  Convolution conv;
  cudnnSetConvolution2dDescriptor(&conv, 0, 0, 2, 2, 1, 1, CUDNN_CROSS_CORRELATION,
                                  CUDNN_DATA_FLOAT);
  std::printf("%s\n", conv.math == CUDNN_FMA_MATH ? "float32" : "TF32");
}
