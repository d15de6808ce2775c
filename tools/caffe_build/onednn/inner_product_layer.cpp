#include "inner_product_layer.hpp"

namespace scan2num {

bool InnerProductLayer::Covers(const caffe::InnerProductParameter& parameter) {
  return !parameter.transpose();
}

void InnerProductLayer::Forward_cpu(const Blobs& bottom, const Blobs& top) {
  if (!Covers(layer_param_.inner_product_param())) {
    return caffe::InnerProductLayer<float>::Forward_cpu(bottom, top);
  }
  shape().Forward(bottom[0]->cpu_data(), blobs_[0]->cpu_data(),
                  bias_term_ ? blobs_[1]->cpu_data() : nullptr, top[0]->mutable_cpu_data());
}

void InnerProductLayer::Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                                     const Blobs& bottom) {
  if (!Covers(layer_param_.inner_product_param())) {
    return caffe::InnerProductLayer<float>::Backward_cpu(top, propagate_down, bottom);
  }
  const float* gradient = top[0]->cpu_diff();
  if (param_propagate_down_[0]) {
    shape().AddWeightGradient(gradient, bottom[0]->cpu_data(), blobs_[0]->mutable_cpu_diff());
  }
  if (bias_term_ && param_propagate_down_[1]) {
    shape().AddBiasGradient(gradient, blobs_[1]->mutable_cpu_diff());
  }
  if (propagate_down[0]) {
    shape().DataGradient(gradient, blobs_[0]->cpu_data(), bottom[0]->mutable_cpu_diff());
  }
}

}  // namespace scan2num
