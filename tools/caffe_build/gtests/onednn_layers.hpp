// Included before Caffe's own tests of the plug-in's layers (-include): the classes that they make
// directly, by name, become those of the plug-in. Double stays Caffe's.
#ifndef SCAN2NUM_GTESTS_ONEDNN_LAYERS_HPP_
#define SCAN2NUM_GTESTS_ONEDNN_LAYERS_HPP_

#include "caffe/layers/conv_layer.hpp"
#include "caffe/layers/inner_product_layer.hpp"
#include "caffe/layers/pooling_layer.hpp"
#include "caffe/layers/relu_layer.hpp"
#ifdef USE_CUDNN  // whose classes are to stay those that libcaffe was compiled with
#include "caffe/layers/cudnn_conv_layer.hpp"
#include "caffe/layers/cudnn_pooling_layer.hpp"
#include "caffe/layers/cudnn_relu_layer.hpp"
#endif
#include "../onednn/convolution_layer.hpp"
#include "../onednn/inner_product_layer.hpp"
#include "../onednn/max_pooling_layer.hpp"
#include "../onednn/relu_layer.hpp"

namespace caffe {

// Caffe's class for double, ours for float.
#define TESTED(CAFFES, OURS)                         \
  template <typename Dtype>                          \
  class Tested##CAFFES : public CAFFES<Dtype> {      \
    using CAFFES<Dtype>::CAFFES;                     \
  };                                                 \
  template <>                                        \
  class Tested##CAFFES<float> : public scan2num::OURS { \
    using scan2num::OURS::OURS;                      \
  }

TESTED(ConvolutionLayer, ConvolutionLayer);
TESTED(InnerProductLayer, InnerProductLayer);
TESTED(PoolingLayer, MaxPoolingLayer);
TESTED(ReLULayer, ReluLayer);

}  // namespace caffe

#define ConvolutionLayer TestedConvolutionLayer
#define InnerProductLayer TestedInnerProductLayer
#define PoolingLayer TestedPoolingLayer
#define ReLULayer TestedReLULayer

#endif  // SCAN2NUM_GTESTS_ONEDNN_LAYERS_HPP_
