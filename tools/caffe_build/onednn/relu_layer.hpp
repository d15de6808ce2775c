// Caffe's ReLU on a CPU, on all cores: the same bits.
#ifndef SCAN2NUM_ONEDNN_RELU_LAYER_HPP_
#define SCAN2NUM_ONEDNN_RELU_LAYER_HPP_

#include <vector>

#include "caffe/layers/relu_layer.hpp"

namespace scan2num {

class ReluLayer : public caffe::ReLULayer<float> {
 public:
  using Blobs = std::vector<caffe::Blob<float>*>;

  explicit ReluLayer(const caffe::LayerParameter& parameter)
      : caffe::ReLULayer<float>(parameter) {}

 protected:
  void Forward_cpu(const Blobs& bottom, const Blobs& top) override;
  void Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                    const Blobs& bottom) override;
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_RELU_LAYER_HPP_
