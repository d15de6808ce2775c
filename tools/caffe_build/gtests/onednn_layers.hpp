// Included before Caffe's own tests of convolution, pooling and ReLU (-include): the classes that they
// make directly, by name, become those of the plug-in. Double stays Caffe's.
#ifndef SCAN2NUM_GTESTS_ONEDNN_LAYERS_HPP_
#define SCAN2NUM_GTESTS_ONEDNN_LAYERS_HPP_

#include "caffe/layers/conv_layer.hpp"
#include "caffe/layers/pooling_layer.hpp"
#include "caffe/layers/relu_layer.hpp"
#ifdef USE_CUDNN  // whose classes are to stay those that libcaffe was compiled with
#include "caffe/layers/cudnn_conv_layer.hpp"
#include "caffe/layers/cudnn_pooling_layer.hpp"
#include "caffe/layers/cudnn_relu_layer.hpp"
#endif
#include "../onednn/convolution_layer.hpp"
#include "../onednn/max_pooling_layer.hpp"
#include "../onednn/relu_layer.hpp"

namespace caffe {

template <typename Dtype>
class TestedConvolutionLayer : public ConvolutionLayer<Dtype> {
  using ConvolutionLayer<Dtype>::ConvolutionLayer;
};
template <>
class TestedConvolutionLayer<float> : public scan2num::ConvolutionLayer {
  using scan2num::ConvolutionLayer::ConvolutionLayer;
};

template <typename Dtype>
class TestedPoolingLayer : public PoolingLayer<Dtype> {
  using PoolingLayer<Dtype>::PoolingLayer;
};
template <>
class TestedPoolingLayer<float> : public scan2num::MaxPoolingLayer {
  using scan2num::MaxPoolingLayer::MaxPoolingLayer;
};

template <typename Dtype>
class TestedReLULayer : public ReLULayer<Dtype> {
  using ReLULayer<Dtype>::ReLULayer;
};
template <>
class TestedReLULayer<float> : public scan2num::ReluLayer {
  using scan2num::ReluLayer::ReluLayer;
};

}  // namespace caffe

#define ConvolutionLayer TestedConvolutionLayer
#define PoolingLayer TestedPoolingLayer
#define ReLULayer TestedReLULayer

#endif  // SCAN2NUM_GTESTS_ONEDNN_LAYERS_HPP_
