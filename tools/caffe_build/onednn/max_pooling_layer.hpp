// Caffe's max pooling on a CPU, without branches and on all cores: the same bits.
#ifndef SCAN2NUM_ONEDNN_MAX_POOLING_LAYER_HPP_
#define SCAN2NUM_ONEDNN_MAX_POOLING_LAYER_HPP_

#include <vector>

#include "caffe/layers/pooling_layer.hpp"

namespace scan2num {

// What Covers() does not cover is computed by Caffe, as are set-up and shapes.
class MaxPoolingLayer : public caffe::PoolingLayer<float> {
 public:
  using Blobs = std::vector<caffe::Blob<float>*>;

  explicit MaxPoolingLayer(const caffe::LayerParameter& parameter)
      : caffe::PoolingLayer<float>(parameter) {}

  // Whether these parameters can be computed here: the maximum, without the mask as a second top.
  static bool Covers(const caffe::LayerParameter& parameter);

  void Reshape(const Blobs& bottom, const Blobs& top) override;

 protected:
  void Forward_cpu(const Blobs& bottom, const Blobs& top) override;
  void Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                    const Blobs& bottom) override;

 private:
  void Pool(const caffe::Blob<float>& bottom, float* maxima, bool mask);

  // Whether max_idx_ is that of the bottom. A net for tests makes it when gradients are asked for.
  bool masked_ = false;
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_MAX_POOLING_LAYER_HPP_
