#include "products.hpp"

#include <algorithm>
#include <cstddef>

#include <dnnl.h>
#include <glog/logging.h>

namespace scan2num {

namespace {

// What a thread computes of a result; oneDNN, asked by several threads, uses one for each, so that
// no sum depends on their number. oneDNN 2.6 multiplies 16 rows by transposed weights several times
// slower than twice 8.
constexpr int kRowsAtATime = 8, kColumnsAtATime = 64;

struct Matrix {
  const float* numbers;
  int stride;  // floats from row to row as they lie in memory
};

// result (rows, columns) := a b + beta result.
dnnl_status_t Product(char transposed_a, char transposed_b, int rows, int columns, int depth,
                      Matrix a, Matrix b, float beta, float* result, int stride) {
  return dnnl_sgemm(transposed_a, transposed_b, rows, columns, depth, 1.f, a.numbers, a.stride,
                    b.numbers, b.stride, beta, result, stride);
}

void Check(dnnl_status_t status) {
  CHECK_EQ(status, dnnl_success) << "oneDNN could not multiply matrices";
}

}  // namespace

void Connected::Forward(const float* data, const float* weights, const float* bias,
                        float* result) const {
  dnnl_status_t worst = dnnl_success;
#pragma omp parallel for collapse(2)
  for (int n = 0; n < images; n += kRowsAtATime) {
    for (int k = 0; k < outputs; k += kColumnsAtATime) {
      const int rows = std::min(kRowsAtATime, images - n);
      const int columns = std::min(kColumnsAtATime, outputs - k);
      float* const to = result + static_cast<std::size_t>(n) * outputs + k;
      for (int row = 0; bias && row < rows; ++row) {
        std::copy_n(bias + k, columns, to + static_cast<std::size_t>(row) * outputs);
      }
      const Matrix part{data + static_cast<std::size_t>(n) * inputs, inputs};
      const Matrix kernels{weights + static_cast<std::size_t>(k) * inputs, inputs};
      const dnnl_status_t status = Product('N', 'T', rows, columns, inputs, part, kernels,
                                           bias ? 1.f : 0.f, to, outputs);
#pragma omp critical
      worst = std::max(worst, status);
    }
  }
  Check(worst);
}

void Connected::AddWeightGradient(const float* gradient, const float* data, float* weights) const {
  Check(Product('T', 'N', outputs, inputs, images, {gradient, outputs}, {data, inputs}, 1.f,
                weights, inputs));
}

void Connected::AddBiasGradient(const float* gradient, float* bias) const {
  for (int n = 0; n < images; ++n) {
    for (int k = 0; k < outputs; ++k) {
      bias[k] += gradient[static_cast<std::size_t>(n) * outputs + k];
    }
  }
}

void Connected::DataGradient(const float* gradient, const float* weights, float* data) const {
  Check(Product('N', 'N', images, inputs, outputs, {gradient, outputs}, {weights, inputs}, 0.f,
                data, inputs));
}

}  // namespace scan2num
