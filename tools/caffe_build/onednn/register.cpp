// Puts this library's classes in the place of Caffe's, in Caffe's own registries, when it is loaded.
// What they do not cover is made by the creator that was there.
#include <dnnl.hpp>

#include "caffe/layer_factory.hpp"
#include "caffe/solver_factory.hpp"
#include "convolution_layer.hpp"
#include "inner_product_layer.hpp"
#include "max_pooling_layer.hpp"
#include "relu_layer.hpp"
#include "sgd_solver.hpp"

namespace scan2num {

namespace {

using Layers = caffe::LayerRegistry<float>;
using Solvers = caffe::SolverRegistry<float>;
using LayerPointer = boost::shared_ptr<caffe::Layer<float>>;

Layers::Creator caffes_convolution, caffes_inner_product, caffes_pooling, caffes_relu;
Solvers::Creator caffes_sgd;

std::string Version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
         std::to_string(version->patch);
}

bool OnCpu() { return caffe::Caffe::mode() == caffe::Caffe::CPU; }

LayerPointer Convolution(const caffe::LayerParameter& parameter) {
  const caffe::ConvolutionParameter& own = parameter.convolution_param();
  if (!OnCpu() || own.engine() != caffe::ConvolutionParameter_Engine_DEFAULT ||
      !ConvolutionLayer::Covers(own)) {
    return caffes_convolution(parameter);
  }
  LOG_FIRST_N(INFO, 1) << "Convolution by oneDNN " << Version();
  return LayerPointer(new ConvolutionLayer(parameter));
}

LayerPointer InnerProduct(const caffe::LayerParameter& parameter) {
  if (!OnCpu() || !InnerProductLayer::Covers(parameter.inner_product_param())) {
    return caffes_inner_product(parameter);
  }
  return LayerPointer(new InnerProductLayer(parameter));
}

LayerPointer Pooling(const caffe::LayerParameter& parameter) {
  const auto engine = parameter.pooling_param().engine();
  if (!OnCpu() || engine != caffe::PoolingParameter_Engine_DEFAULT ||
      !MaxPoolingLayer::Covers(parameter)) {
    return caffes_pooling(parameter);
  }
  return LayerPointer(new MaxPoolingLayer(parameter));
}

LayerPointer Relu(const caffe::LayerParameter& parameter) {
  if (!OnCpu() || parameter.relu_param().engine() != caffe::ReLUParameter_Engine_DEFAULT) {
    return caffes_relu(parameter);
  }
  return LayerPointer(new ReluLayer(parameter));
}

caffe::Solver<float>* Sgd(const caffe::SolverParameter& parameter) {
  if (!SgdSolver::Covers(parameter)) return caffes_sgd(parameter);
  return new SgdSolver(parameter);
}

// The registry's creator of a type becomes ours; returns the one that was there.
template <typename Registry>
typename Registry::Creator Replace(const char* type, typename Registry::Creator ours) {
  CHECK_EQ(Registry::Registry().count(type), 1) << "this is not the Caffe that has " << type;
  typename Registry::Creator& creator = Registry::Registry()[type];
  const typename Registry::Creator before = creator;
  creator = ours;
  return before;
}

__attribute__((constructor)) void Register() {
  caffes_convolution = Replace<Layers>("Convolution", Convolution);
  caffes_inner_product = Replace<Layers>("InnerProduct", InnerProduct);
  caffes_pooling = Replace<Layers>("Pooling", Pooling);
  caffes_relu = Replace<Layers>("ReLU", Relu);
  caffes_sgd = Replace<Solvers>("SGD", Sgd);
}

}  // namespace

}  // namespace scan2num

// For Python: that this library is loaded, and on which oneDNN.
extern "C" const char* scan2num_onednn_version() {
  static const std::string version = scan2num::Version();
  return version.c_str();
}
