// What Caffe's cuDNN layers ask for and cuDNN 8 took away, given back for cuDNN 8 and 9. This file
// is included before every source of Caffe (-include), so that Caffe itself stays as it is.
//
// Gone are cudnnGetConvolution*Algorithm and their SPECIFY_WORKSPACE_LIMIT: the fastest algorithm
// whose workspace stays below a limit. Their successors, *_v7, list all algorithms, fastest first.
// From that list we take the first within the limit, and one that adds in a fixed order before one
// that does not, so that a training can be repeated.
//
// cuDNN 8 also lets Ampere and later GPUs round float32 convolutions to TF32, which has 10 bits of
// mantissa. Every descriptor asks for float32's own instead: a GTX 1080, a Hopper and a CPU agree.
#ifndef SCAN2NUM_CUDNN_ALGORITHMS_HPP_
#define SCAN2NUM_CUDNN_ALGORITHMS_HPP_

#include <cudnn.h>

#include <cstddef>
#include <initializer_list>

#if CUDNN_VERSION >= 8000

namespace cudnn_compat {

// The only preference that Caffe names.
enum Preference { SPECIFY_WORKSPACE_LIMIT };

// Chooses from `found`, fastest first. `workspace(algo, &bytes)` tells what an algorithm needs with
// this descriptor, which is what Caffe will allocate. CUDNN_STATUS_NOT_SUPPORTED when none is left.
template <typename Found, typename Algo, typename Workspace>
cudnnStatus_t FirstWithin(const Found* found, int count, size_t limit, Workspace workspace,
                          Algo* chosen) {
  for (const bool fixed_order : {true, false}) {
    for (int i = 0; i < count; ++i) {
      size_t bytes = 0;
      if (found[i].status == CUDNN_STATUS_SUCCESS &&
          (found[i].determinism == CUDNN_DETERMINISTIC) == fixed_order &&
          workspace(found[i].algo, &bytes) == CUDNN_STATUS_SUCCESS && bytes <= limit) {
        *chosen = found[i].algo;
        return CUDNN_STATUS_SUCCESS;
      }
    }
  }
  return CUDNN_STATUS_NOT_SUPPORTED;
}

inline cudnnStatus_t ForwardAlgorithm(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
    cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t y,
    Preference, size_t limit, cudnnConvolutionFwdAlgo_t* chosen) {
  cudnnConvolutionFwdAlgoPerf_t found[CUDNN_CONVOLUTION_FWD_ALGO_COUNT];
  int count = 0;
  const cudnnStatus_t status = cudnnGetConvolutionForwardAlgorithm_v7(
      handle, x, w, conv, y, CUDNN_CONVOLUTION_FWD_ALGO_COUNT, &count, found);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  return FirstWithin(found, count, limit, [&](cudnnConvolutionFwdAlgo_t algo, size_t* bytes) {
    return cudnnGetConvolutionForwardWorkspaceSize(handle, x, w, conv, y, algo, bytes);
  }, chosen);
}

inline cudnnStatus_t BackwardFilterAlgorithm(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
    cudnnTensorDescriptor_t dy, cudnnConvolutionDescriptor_t conv, cudnnFilterDescriptor_t dw,
    Preference, size_t limit, cudnnConvolutionBwdFilterAlgo_t* chosen) {
  cudnnConvolutionBwdFilterAlgoPerf_t found[CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT];
  int count = 0;
  const cudnnStatus_t status = cudnnGetConvolutionBackwardFilterAlgorithm_v7(
      handle, x, dy, conv, dw, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT, &count, found);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  return FirstWithin(found, count, limit, [&](cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes) {
    return cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, x, dy, conv, dw, algo, bytes);
  }, chosen);
}

inline cudnnStatus_t BackwardDataAlgorithm(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
    cudnnTensorDescriptor_t dy, cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t dx,
    Preference, size_t limit, cudnnConvolutionBwdDataAlgo_t* chosen) {
  cudnnConvolutionBwdDataAlgoPerf_t found[CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT];
  int count = 0;
  const cudnnStatus_t status = cudnnGetConvolutionBackwardDataAlgorithm_v7(
      handle, w, dy, conv, dx, CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT, &count, found);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  return FirstWithin(found, count, limit, [&](cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes) {
    return cudnnGetConvolutionBackwardDataWorkspaceSize(handle, w, dy, conv, dx, algo, bytes);
  }, chosen);
}

inline cudnnStatus_t SetConvolution2dDescriptor(cudnnConvolutionDescriptor_t conv, int pad_h,
    int pad_w, int stride_h, int stride_w, int dilation_h, int dilation_w,
    cudnnConvolutionMode_t mode, cudnnDataType_t type) {
  const cudnnStatus_t status = cudnnSetConvolution2dDescriptor(
      conv, pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, mode, type);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  return cudnnSetConvolutionMathType(conv, CUDNN_FMA_MATH);
}

}  // namespace cudnn_compat

#define CUDNN_CONVOLUTION_FWD_SPECIFY_WORKSPACE_LIMIT cudnn_compat::SPECIFY_WORKSPACE_LIMIT
#define CUDNN_CONVOLUTION_BWD_FILTER_SPECIFY_WORKSPACE_LIMIT cudnn_compat::SPECIFY_WORKSPACE_LIMIT
#define CUDNN_CONVOLUTION_BWD_DATA_SPECIFY_WORKSPACE_LIMIT cudnn_compat::SPECIFY_WORKSPACE_LIMIT
#define cudnnGetConvolutionForwardAlgorithm cudnn_compat::ForwardAlgorithm
#define cudnnGetConvolutionBackwardFilterAlgorithm cudnn_compat::BackwardFilterAlgorithm
#define cudnnGetConvolutionBackwardDataAlgorithm cudnn_compat::BackwardDataAlgorithm
#define cudnnSetConvolution2dDescriptor cudnn_compat::SetConvolution2dDescriptor

#endif  // CUDNN_VERSION
#endif  // SCAN2NUM_CUDNN_ALGORITHMS_HPP_
