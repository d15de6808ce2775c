// As much of cuDNN 9 as compat/cudnn_algorithms.hpp calls, with made-up answers: algorithm i takes
// kBytes[i] of workspace, and the list, fastest first, is kList.
#pragma once
#include <stddef.h>
#define CUDNN_VERSION 91300

enum cudnnStatus_t { CUDNN_STATUS_SUCCESS, CUDNN_STATUS_NOT_SUPPORTED, CUDNN_STATUS_BAD_PARAM };
enum cudnnDeterminism_t { CUDNN_NON_DETERMINISTIC, CUDNN_DETERMINISTIC };
enum cudnnMathType_t { CUDNN_DEFAULT_MATH, CUDNN_TENSOR_OP_MATH, CUDNN_ANY_MATH, CUDNN_FMA_MATH };
enum cudnnConvolutionMode_t { CUDNN_CONVOLUTION, CUDNN_CROSS_CORRELATION };
enum cudnnDataType_t { CUDNN_DATA_FLOAT };
enum { CUDNN_CONVOLUTION_FWD_ALGO_COUNT = 8, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT = 7,
       CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT = 6 };
typedef void *cudnnHandle_t, *cudnnTensorDescriptor_t, *cudnnFilterDescriptor_t;
struct Convolution { cudnnMathType_t math; };
typedef Convolution* cudnnConvolutionDescriptor_t;

struct Answer { int algo; cudnnStatus_t status; cudnnDeterminism_t determinism; };
const Answer kList[] = {
  {4, CUDNN_STATUS_SUCCESS, CUDNN_DETERMINISTIC},         // needs too much, mostly
  {3, CUDNN_STATUS_NOT_SUPPORTED, CUDNN_DETERMINISTIC},
  {2, CUDNN_STATUS_SUCCESS, CUDNN_NON_DETERMINISTIC},
  {1, CUDNN_STATUS_SUCCESS, CUDNN_DETERMINISTIC},
  {0, CUDNN_STATUS_SUCCESS, CUDNN_DETERMINISTIC},
};
const size_t kBytes[] = {70, 80, 40, 0, 1000};

#define FAKE(KIND, ALGO, PERF, QUERY, SIZE, A, B, C, D)                                        \
  enum ALGO { ALGO##_0 };                                                                      \
  struct PERF { ALGO algo; cudnnStatus_t status; cudnnDeterminism_t determinism; };            \
  inline cudnnStatus_t QUERY(cudnnHandle_t, A, B, C, D, int wanted, int* count, PERF* found) { \
    *count = 0;                                                                                \
    for (const Answer& a : kList)                                                              \
      if (*count < wanted) found[(*count)++] = {ALGO(a.algo), a.status, a.determinism};        \
    return CUDNN_STATUS_SUCCESS;                                                               \
  }                                                                                            \
  inline cudnnStatus_t SIZE(cudnnHandle_t, A, B, C, D, ALGO algo, size_t* bytes) {             \
    *bytes = kBytes[algo];                                                                     \
    return CUDNN_STATUS_SUCCESS;                                                               \
  }
FAKE(Fwd, cudnnConvolutionFwdAlgo_t, cudnnConvolutionFwdAlgoPerf_t,
     cudnnGetConvolutionForwardAlgorithm_v7, cudnnGetConvolutionForwardWorkspaceSize,
     cudnnTensorDescriptor_t, cudnnFilterDescriptor_t, cudnnConvolutionDescriptor_t,
     cudnnTensorDescriptor_t)
FAKE(Filter, cudnnConvolutionBwdFilterAlgo_t, cudnnConvolutionBwdFilterAlgoPerf_t,
     cudnnGetConvolutionBackwardFilterAlgorithm_v7, cudnnGetConvolutionBackwardFilterWorkspaceSize,
     cudnnTensorDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t,
     cudnnFilterDescriptor_t)
FAKE(Data, cudnnConvolutionBwdDataAlgo_t, cudnnConvolutionBwdDataAlgoPerf_t,
     cudnnGetConvolutionBackwardDataAlgorithm_v7, cudnnGetConvolutionBackwardDataWorkspaceSize,
     cudnnFilterDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t,
     cudnnTensorDescriptor_t)

inline cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t conv, int, int,
    int, int, int, int, cudnnConvolutionMode_t, cudnnDataType_t) {
  conv->math = CUDNN_DEFAULT_MATH;
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t conv,
                                                 cudnnMathType_t math) {
  conv->math = math;
  return CUDNN_STATUS_SUCCESS;
}
