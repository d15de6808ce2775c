#include "max_pooling_layer.hpp"

#include <algorithm>
#include <cfloat>

#include "in_pieces.hpp"

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

// Takes a pixel of a window into its maximum by Caffe's rule: a later one must be larger.
inline void Take(float value, int index, float* maximum, int* where) {
  const bool larger = value > *maximum;
  *maximum = larger ? value : *maximum;
  *where = larger ? index : *where;
}

// Takes a row of pixels into a row of windows; `row`: the index of its first pixel.
inline void TakeRow(const float* image, int row, int width, Window across, int columns,
                    float* maxima, int* indices) {
  for (int tap = 0; tap < across.size; ++tap) {
    const int begin = across.begin(tap), end = across.end(tap, width, columns);
    const int first = row - across.pad + tap;
    for (int i = begin; i < end; ++i) {
      const int index = first + i * across.stride;
      Take(image[index], index, maxima + i, indices + i);
    }
  }
}

// The same for pairs of pixels that lie side by side, both at once: they are loaded as one vector.
inline void TakePairs(const float* image, int row, int begin, int end, float* maxima,
                      int* indices) {
  for (int i = begin; i < end; ++i) {
    const int index = row + 2 * i;
    float maximum = maxima[i];
    int where = indices[i];
    Take(image[index], index, &maximum, &where);
    Take(image[index + 1], index + 1, &maximum, &where);
    maxima[i] = maximum;
    indices[i] = where;
  }
}

inline void TakeRowOfPairs(const float* image, int row, int width, int columns, float* maxima,
                           int* indices) {
  const int pairs = std::min(width / 2, columns);
  const int vector = pairs >= 16 ? 16 : pairs >= 8 ? 8 : 1;
  const int whole = pairs / vector * vector;
  TakePairs(image, row, 0, whole, maxima, indices);
  // a whole vector again: taking a pixel twice changes nothing
  if (whole < pairs) TakePairs(image, row, pairs - vector, pairs, maxima, indices);
  for (int i = pairs; i < columns; ++i) {  // a last pixel without another
    Take(image[row + 2 * i], row + 2 * i, maxima + i, indices + i);
  }
}

// Rows of windows; `maxima` and `indices` go on by so many numbers with each of them, or stay (0),
// where only the others are wanted.
struct Rows {
  float* maxima;
  int maxima_step;
  int* indices;
  int indices_step;
};

EVERY_CPU void PoolImage(const float* image, int height, int width, Window down, Window across,
                         int rows, int columns, Rows to) {
  const bool in_pairs = across.size == 2 && across.stride == 2 && across.pad == 0;
  for (int row = 0; row < rows; ++row) {
    std::fill(to.maxima, to.maxima + columns, -FLT_MAX);
    std::fill(to.indices, to.indices + columns, -1);
    const int start = row * down.stride - down.pad;
    for (int y = std::max(start, 0); y < std::min(start + down.size, height); ++y) {
      if (in_pairs) {
        TakeRowOfPairs(image, y * width, width, columns, to.maxima, to.indices);
      } else {
        TakeRow(image, y * width, width, across, columns, to.maxima, to.indices);
      }
    }
    to.maxima += to.maxima_step;
    to.indices += to.indices_step;
  }
}

}  // namespace

bool MaxPoolingLayer::Covers(const caffe::LayerParameter& parameter) {
  return parameter.pooling_param().pool() == caffe::PoolingParameter_PoolMethod_MAX &&
         parameter.top_size() < 2;
}

void MaxPoolingLayer::Reshape(const Blobs& bottom, const Blobs& top) {
  caffe::PoolingLayer<float>::Reshape(bottom, top);
  masked_ = false;
}

void MaxPoolingLayer::Forward_cpu(const Blobs& bottom, const Blobs& top) {
  if (!Covers(layer_param_) || top.size() > 1) {
    return caffe::PoolingLayer<float>::Forward_cpu(bottom, top);
  }
  masked_ = phase_ == caffe::TRAIN;
  Pool(*bottom[0], top[0]->mutable_cpu_data(), masked_);
}

// maxima: null if only the mask is wanted.
void MaxPoolingLayer::Pool(const caffe::Blob<float>& bottom, float* maxima, bool mask) {
  const float* images = bottom.cpu_data();
  int* indices = max_idx_.mutable_cpu_data();
  const int count = bottom.num() * channels_, columns = pooled_width_;
  const std::ptrdiff_t pixels = height_ * width_, outputs = pooled_height_ * columns;
  const Window down{kernel_h_, stride_h_, pad_h_}, across{kernel_w_, stride_w_, pad_w_};
#pragma omp parallel
  {
    std::vector<float> row(maxima ? 0 : columns);
#pragma omp for
    for (int i = 0; i < count; ++i) {
      const Rows to{maxima ? maxima + i * outputs : row.data(), maxima ? columns : 0,
                    indices + i * outputs, mask ? columns : 0};
      PoolImage(images + i * pixels, height_, width_, down, across, pooled_height_, columns, to);
    }
  }
}

void MaxPoolingLayer::Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                                   const Blobs& bottom) {
  if (!Covers(layer_param_) || top.size() > 1) {
    return caffe::PoolingLayer<float>::Backward_cpu(top, propagate_down, bottom);
  }
  if (!propagate_down[0]) return;
  if (!masked_) Pool(*bottom[0], nullptr, true);
  masked_ = true;
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
