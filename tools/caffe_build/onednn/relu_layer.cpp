#include "relu_layer.hpp"

#include <algorithm>

#include "in_pieces.hpp"

namespace scan2num {

namespace {

EVERY_CPU void Rectify(int count, float slope, const float* in, float* out) {
  for (int i = 0; i < count; ++i) {
    out[i] = std::max(in[i], 0.f) + slope * std::min(in[i], 0.f);
  }
}

EVERY_CPU void RectifyGradient(int count, float slope, const float* in, const float* gradient,
                               float* out) {
  for (int i = 0; i < count; ++i) {
    out[i] = gradient[i] * ((in[i] > 0) + slope * (in[i] <= 0));
  }
}

}  // namespace

void ReluLayer::Forward_cpu(const Blobs& bottom, const Blobs& top) {
  const float slope = layer_param_.relu_param().negative_slope();
  const float* in = bottom[0]->cpu_data();
  float* out = top[0]->mutable_cpu_data();
  InPieces(bottom[0]->count(), [=](int start, int count) {
    Rectify(count, slope, in + start, out + start);
  });
}

void ReluLayer::Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                             const Blobs& bottom) {
  if (!propagate_down[0]) return;
  const float slope = layer_param_.relu_param().negative_slope();
  const float* in = bottom[0]->cpu_data();
  const float* gradient = top[0]->cpu_diff();
  float* out = bottom[0]->mutable_cpu_diff();
  InPieces(bottom[0]->count(), [=](int start, int count) {
    RectifyGradient(count, slope, in + start, gradient + start, out + start);
  });
}

}  // namespace scan2num
