#include "max_pooling_layer.hpp"

#include <algorithm>
#include <cfloat>

#include "every_cpu.hpp"

namespace scan2num {

namespace {

struct Window {
  int size, stride, pad;
  // The first output whose window has its tap at or right of the image's first pixel, and the
  // first whose tap is beyond the last one.
  int begin(int tap) const { return std::max(0, (pad - tap + stride - 1) / stride); }
  int end(int tap, int length, int outputs) const {
    const int last = length - 1 + pad - tap;
    return last < 0 ? 0 : std::min(outputs, last / stride + 1);
  }
};

// Takes one pixel of each window of a row into their maxima, in Caffe's order and with its rule:
// a later one must be larger. kStride 0: any.
template <int kStride>
inline void TakeTap(const float* pixels, int first_index, int stride, int windows, float* maxima,
                    int* indices) {
  const int step = kStride ? kStride : stride;
  for (int i = 0; i < windows; ++i) {
    const float value = pixels[i * step];
    const bool larger = value > maxima[i];
    maxima[i] = larger ? value : maxima[i];
    indices[i] = larger ? first_index + i * step : indices[i];
  }
}

EVERY_CPU void PoolImage(const float* image, int height, int width, Window down, Window across,
                         int rows, int columns, float* top, int* mask) {
  for (int row = 0; row < rows; ++row, top += columns, mask += columns) {
    std::fill(top, top + columns, -FLT_MAX);
    std::fill(mask, mask + columns, -1);
    const int start = row * down.stride - down.pad;
    for (int y = std::max(start, 0); y < std::min(start + down.size, height); ++y) {
      for (int tap = 0; tap < across.size; ++tap) {
        const int begin = across.begin(tap), end = across.end(tap, width, columns);
        const int index = y * width + begin * across.stride - across.pad + tap;
        if (across.stride == 2) {
          TakeTap<2>(image + index, index, 2, end - begin, top + begin, mask + begin);
        } else {
          TakeTap<0>(image + index, index, across.stride, end - begin, top + begin, mask + begin);
        }
      }
    }
  }
}

}  // namespace

bool MaxPoolingLayer::Covers(const caffe::LayerParameter& parameter) {
  return parameter.pooling_param().pool() == caffe::PoolingParameter_PoolMethod_MAX &&
         parameter.top_size() < 2;
}

void MaxPoolingLayer::Forward_cpu(const Blobs& bottom, const Blobs& top) {
  if (!Covers(layer_param_) || top.size() > 1) {
    return caffe::PoolingLayer<float>::Forward_cpu(bottom, top);
  }
  const float* images = bottom[0]->cpu_data();
  float* maxima = top[0]->mutable_cpu_data();
  int* mask = max_idx_.mutable_cpu_data();
  const int count = bottom[0]->num() * channels_;
  const std::ptrdiff_t pixels = height_ * width_, outputs = pooled_height_ * pooled_width_;
  const Window down{kernel_h_, stride_h_, pad_h_}, across{kernel_w_, stride_w_, pad_w_};
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    PoolImage(images + i * pixels, height_, width_, down, across, pooled_height_, pooled_width_,
              maxima + i * outputs, mask + i * outputs);
  }
}

void MaxPoolingLayer::Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                                   const Blobs& bottom) {
  if (!Covers(layer_param_) || top.size() > 1) {
    return caffe::PoolingLayer<float>::Backward_cpu(top, propagate_down, bottom);
  }
  if (!propagate_down[0]) return;
  const float* gradients = top[0]->cpu_diff();
  const int* mask = max_idx_.cpu_data();
  float* images = bottom[0]->mutable_cpu_diff();
  const int count = bottom[0]->num() * channels_;
  const std::ptrdiff_t pixels = height_ * width_, outputs = pooled_height_ * pooled_width_;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    float* image = images + i * pixels;
    std::fill(image, image + pixels, 0.f);
    for (std::ptrdiff_t k = i * outputs; k < (i + 1) * outputs; ++k) {
      if (mask[k] >= 0) image[mask[k]] += gradients[k];  // -1: no pixel was above -FLT_MAX
    }
  }
}

}  // namespace scan2num
