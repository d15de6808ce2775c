// Caffe's InnerProduct on a CPU, computed by oneDNN.
#ifndef SCAN2NUM_ONEDNN_INNER_PRODUCT_LAYER_HPP_
#define SCAN2NUM_ONEDNN_INNER_PRODUCT_LAYER_HPP_

#include <vector>

#include "caffe/layers/inner_product_layer.hpp"
#include "products.hpp"

namespace scan2num {

// Set-up, shapes and all that Covers() does not cover are Caffe's.
class InnerProductLayer : public caffe::InnerProductLayer<float> {
 public:
  using Blobs = std::vector<caffe::Blob<float>*>;

  explicit InnerProductLayer(const caffe::LayerParameter& parameter)
      : caffe::InnerProductLayer<float>(parameter) {}

  // Whether these parameters can be computed here: weights that are not transposed.
  static bool Covers(const caffe::InnerProductParameter& parameter);

 protected:
  void Forward_cpu(const Blobs& bottom, const Blobs& top) override;
  void Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                    const Blobs& bottom) override;

 private:
  Connected shape() const { return {M_, K_, N_}; }
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_INNER_PRODUCT_LAYER_HPP_
