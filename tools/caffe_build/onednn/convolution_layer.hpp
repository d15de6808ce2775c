// Caffe's Convolution on a CPU, computed by oneDNN.
#ifndef SCAN2NUM_ONEDNN_CONVOLUTION_LAYER_HPP_
#define SCAN2NUM_ONEDNN_CONVOLUTION_LAYER_HPP_

#include <map>
#include <utility>
#include <vector>

#include "caffe/layers/conv_layer.hpp"
#include "convolution.hpp"

namespace scan2num {

// Set-up, shapes, fillers and GPUs are Caffe's; so is all that Covers() or oneDNN does not cover.
class ConvolutionLayer : public caffe::ConvolutionLayer<float> {
 public:
  using Blobs = std::vector<caffe::Blob<float>*>;

  explicit ConvolutionLayer(const caffe::LayerParameter& parameter)
      : caffe::ConvolutionLayer<float>(parameter) {}

  // Whether these parameters can be computed here: two spatial axes, no dilation, no groups.
  static bool Covers(const caffe::ConvolutionParameter& parameter);

  void Reshape(const Blobs& bottom, const Blobs& top) override;

 protected:
  void Forward_cpu(const Blobs& bottom, const Blobs& top) override;
  void Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                    const Blobs& bottom) override;

 private:
  enum Kind { kForward, kBackwardData, kBackwardWeights, kBackwardWeightsAndBias };

  // A blob that an operation takes, and by how many floats it goes on with each image.
  struct Moving {
    const float* blob;
    int per_image;
  };

  using OwnForward = void(const ConvolutionShape& shape, int images, const float* input,
                          const float* weights, const float* bias, float* output);

  void ForwardBy(OwnForward* forward, const Blobs& bottom, const Blobs& top);
  void ForwardByProducts(const Blobs& bottom, const Blobs& top);
  void BackwardByProducts(const Blobs& top, const std::vector<bool>& propagate_down,
                          const Blobs& bottom);
  bool Has(Kind kind);
  const Operation& Made(Kind kind, int images);
  void Run(Kind kind, const std::vector<Moving>& blobs);

  ConvolutionShape shape_{};
  bool covered_ = false;
  bool refused_ = false;  // oneDNN has nothing for this shape
  int images_at_a_time_ = 1;
  std::map<std::pair<Kind, int>, Operation> operations_;  // by number of images
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_CONVOLUTION_LAYER_HPP_
