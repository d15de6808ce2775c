// Winograd's minimal filtering along an axis, of five taps and stride 2.
//
// Four outputs y0..y3 come from eleven pixels d0..d10 and five taps g0..g4, as values of
// polynomials at points. The even pixels with g0, g2, g4 are F(4,3), at the points 0, 1, -1, 2, -2
// and infinity; the odd ones with g1, g3 are F(4,2), at the same points but -2. The products at a
// point are summed before outputs are made of them. So a tile of 4 x 4 outputs takes 121 products
// instead of 400.
#ifndef SCAN2NUM_ONEDNN_WINOGRAD_AXIS_HPP_
#define SCAN2NUM_ONEDNN_WINOGRAD_AXIS_HPP_

#include <cstddef>

#include "on_vectors.hpp"

namespace scan2num {

constexpr int kTaps = 5, kOutputs = 4, kPixels = 11, kPoints = 6;
constexpr int kStep = 2 * kOutputs;  // pixels from tile to tile
constexpr int kProducts = kPixels * kPixels, kPairs = kPoints * kPoints;  // down and across

// The point of each of the eleven products, and whether it is of the odd pixels.
constexpr int kPointOf[kPixels] = {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 5};
constexpr int kIsOdd[kPixels] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
constexpr int kProductsAt[kPoints] = {2, 2, 2, 2, 1, 2};

// The order of the products in memory: those of a pair of points, down and across, together.
struct Order {
  int begin[kPairs + 1];  // of a pair
  constexpr Order() : begin() {
    for (int pair = 0; pair < kPairs; ++pair) {
      begin[pair + 1] =
          begin[pair] + kProductsAt[pair / kPoints] * kProductsAt[pair % kPoints];
    }
  }
  static constexpr int pair(int down, int across) {
    return kPointOf[down] * kPoints + kPointOf[across];
  }
  constexpr int of(int down, int across) const {
    return begin[pair(down, across)] + kIsOdd[down] * kProductsAt[kPointOf[across]] +
           kIsOdd[across];
  }
};
constexpr Order kOrder{};

// From the taps to the first factors of the products.
constexpr float kOfTaps[kPixels][kTaps] = {
    {1. / 4, 0, 0, 0, 0},
    {-1. / 6, 0, -1. / 6, 0, -1. / 6},
    {-1. / 6, 0, 1. / 6, 0, -1. / 6},
    {1. / 24, 0, 1. / 12, 0, 1. / 6},
    {1. / 24, 0, -1. / 12, 0, 1. / 6},
    {0, 0, 0, 0, 1},
    {0, 1. / 2, 0, 0, 0},
    {0, -1. / 2, 0, -1. / 2, 0},
    {0, -1. / 6, 0, 1. / 6, 0},
    {0, 1. / 6, 0, 1. / 3, 0},
    {0, 0, 0, 1, 0},
};

// Taps (kRows, channels, 5, 5) of a channel of kRows kernels, those beyond `rows` zero, to the
// first factors (product, channels, kRows) of their products.
static void TransformTaps(const float* taps, int rows, int channels, float* factors) {
  float at[kTaps][kTaps][kRows] = {}, down[kPixels][kTaps][kRows] = {};
  for (int row = 0; row < rows; ++row) {
    const float* const kernel = taps + static_cast<std::size_t>(row) * channels * kTaps * kTaps;
    for (int i = 0; i < kTaps * kTaps; ++i) at[i / kTaps][i % kTaps][row] = kernel[i];
  }
  for (int p = 0; p < kPixels; ++p) {
    for (int i = 0; i < kTaps; ++i) {
      if (kOfTaps[p][i] == 0) continue;
      for (int j = 0; j < kTaps; ++j) {
        for (int row = 0; row < kRows; ++row) down[p][j][row] += kOfTaps[p][i] * at[i][j][row];
      }
    }
    for (int q = 0; q < kPixels; ++q) {
      float* const to = factors + static_cast<std::size_t>(kOrder.of(p, q)) * channels * kRows;
      for (int row = 0; row < kRows; ++row) to[row] = 0;
      for (int j = 0; j < kTaps; ++j) {
        if (kOfTaps[q][j] == 0) continue;
        for (int row = 0; row < kRows; ++row) to[row] += kOfTaps[q][j] * down[p][j][row];
      }
    }
  }
}

// Eleven rows of pixels, or of what became of them, to the second factors of the products.
ALWAYS_INLINE void TransformPixels(int count, const float* const d[kPixels],
                                   float* const v[kPixels]) {
  const float *d0 = d[0], *d1 = d[1], *d2 = d[2], *d3 = d[3], *d4 = d[4], *d5 = d[5];
  const float *d6 = d[6], *d7 = d[7], *d8 = d[8], *d9 = d[9], *d10 = d[10];
  float *v0 = v[0], *v1 = v[1], *v2 = v[2], *v3 = v[3], *v4 = v[4], *v5 = v[5];
  float *v6 = v[6], *v7 = v[7], *v8 = v[8], *v9 = v[9], *v10 = v[10];
#pragma GCC ivdep
  for (int i = 0; i < count; ++i) {
    const float a = d0[i], b = d2[i], c = d4[i], d = d6[i], e = d8[i], f = d10[i];
    v0[i] = 4 * a - 5 * c + e;
    v1[i] = (e - 4 * c) + (d - 4 * b);
    v2[i] = (e - 4 * c) - (d - 4 * b);
    v3[i] = (e - c) + 2 * (d - b);
    v4[i] = (e - c) - 2 * (d - b);
    v5[i] = 4 * b - 5 * d + f;
    const float k = d1[i], l = d3[i], m = d5[i], n = d7[i], o = d9[i];
    v6[i] = 2 * (k - m) + (n - l);
    v7[i] = (n - m) - 2 * l;
    v8[i] = (n - 3 * m) + 2 * l;
    v9[i] = n - l;
    v10[i] = 2 * (l - n) + (o - m);
  }
}

// The sums at six points to the four outputs.
ALWAYS_INLINE void Outputs(float m0, float m1, float m2, float m3, float m4, float m5, float* y,
                    std::size_t stride) {
  const float sum = m1 + m2, difference = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
  y[0] = m0 + sum + sum2;
  y[stride] = difference + 2 * difference2;
  y[2 * stride] = sum + 4 * sum2;
  y[3 * stride] = difference + 8 * difference2 + m5;
}

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_WINOGRAD_AXIS_HPP_
