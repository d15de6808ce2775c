#include "products.hpp"

#include <algorithm>
#include <cstddef>

#include <dnnl.h>
#include <glog/logging.h>

namespace scan2num {

namespace {

// oneDNN 2.6 multiplies 16 rows by transposed weights several times slower than twice 8.
constexpr int kRowsAtATime = 8;

// result[rows x columns] := a b + beta result. stride_a, stride_b: floats from row to row as they
// lie in memory.
void Product(char transposed_a, char transposed_b, int rows, int columns, int depth,
             const float* a, int stride_a, const float* b, int stride_b, float beta,
             float* result) {
  const dnnl_status_t status = dnnl_sgemm(transposed_a, transposed_b, rows, columns, depth, 1.f, a,
                                          stride_a, b, stride_b, beta, result, columns);
  CHECK_EQ(status, dnnl_success) << "oneDNN could not multiply matrices";
}

}  // namespace

void Connected::Forward(const float* data, const float* weights, const float* bias,
                        float* result) const {
  for (int n = 0; n < images; n += kRowsAtATime) {
    const int rows = std::min(kRowsAtATime, images - n);
    float* const to = result + static_cast<std::size_t>(n) * outputs;
    for (int row = 0; row < rows; ++row) {
      if (bias) std::copy_n(bias, outputs, to + static_cast<std::size_t>(row) * outputs);
    }
    Product('N', 'T', rows, outputs, inputs, data + static_cast<std::size_t>(n) * inputs, inputs,
            weights, inputs, bias ? 1.f : 0.f, to);
  }
}

void Connected::AddWeightGradient(const float* gradient, const float* data, float* weights) const {
  Product('T', 'N', outputs, inputs, images, gradient, outputs, data, inputs, 1.f, weights);
}

void Connected::AddBiasGradient(const float* gradient, float* bias) const {
  for (int n = 0; n < images; ++n) {
    for (int k = 0; k < outputs; ++k) {
      bias[k] += gradient[static_cast<std::size_t>(n) * outputs + k];
    }
  }
}

void Connected::DataGradient(const float* gradient, const float* weights, float* data) const {
  Product('N', 'N', images, inputs, outputs, gradient, outputs, weights, inputs, 0.f, data);
}

}  // namespace scan2num
