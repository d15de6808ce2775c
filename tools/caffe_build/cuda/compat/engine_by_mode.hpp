// Built with cuDNN, Caffe makes cuDNN's layers even in CPU mode, where they compute with Caffe's own
// code but cannot be made without a GPU. Included before layer_factory.cpp (-include), this leaves
// cuDNN to GPU mode: one build then also works on machines that have no GPU, or hide it.
#ifndef SCAN2NUM_ENGINE_BY_MODE_HPP_
#define SCAN2NUM_ENGINE_BY_MODE_HPP_

#include <boost/python.hpp>  // before anything of the system, as layer_factory.cpp has it

#include "caffe/common.hpp"
#include "caffe/proto/caffe.pb.h"

// Within its own expansion a name is not expanded again, so the last line is the enumerator.
#define ENGINE_BY_MODE(LAYER)                         \
  (::caffe::Caffe::mode() == ::caffe::Caffe::CPU      \
       ? ::caffe::LAYER##Parameter_Engine_CAFFE       \
       : ::caffe::LAYER##Parameter_Engine_CUDNN)

#define ConvolutionParameter_Engine_CUDNN ENGINE_BY_MODE(Convolution)
#define LRNParameter_Engine_CUDNN ENGINE_BY_MODE(LRN)
#define PoolingParameter_Engine_CUDNN ENGINE_BY_MODE(Pooling)
#define ReLUParameter_Engine_CUDNN ENGINE_BY_MODE(ReLU)
#define SigmoidParameter_Engine_CUDNN ENGINE_BY_MODE(Sigmoid)
#define SoftmaxParameter_Engine_CUDNN ENGINE_BY_MODE(Softmax)
#define TanHParameter_Engine_CUDNN ENGINE_BY_MODE(TanH)

#endif  // SCAN2NUM_ENGINE_BY_MODE_HPP_
