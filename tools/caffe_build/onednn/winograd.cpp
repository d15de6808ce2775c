#include "winograd.hpp"

#include <algorithm>

#include "on_vectors.hpp"

namespace scan2num {

namespace {

// Two outputs along an axis, y0 and y1, come from seven pixels d0..d6 and five taps g0..g4. The
// even pixels with g0, g2, g4 are F(2,3), four products; the odd ones with g1, g3 are F(2,2), three.
// So a tile of 2 x 2 outputs takes 49 products instead of 100.
constexpr int kTaps = 5, kPixels = 7, kProducts = kPixels * kPixels;
constexpr int kTiles = kColumns;       // side by side: what is computed at a time
constexpr int kLine = 4 * kTiles + 4;  // pixels of a row that so many tiles need, and one
constexpr int kAtATime = 2 * kRows;    // output channels whose sums are in the cache
constexpr int kApart = 32;             // floats between what would else share lines of the cache

constexpr float kLeastUsed = .75;  // of the tiles that are computed; below, oneDNN is faster
constexpr int kLeastChannels = 16;  // below, the transforms cost what the products save

// From the taps along an axis to the first factors of its products.
constexpr float kOfTaps[kPixels][kTaps] = {
    {1, 0, 0, 0, 0}, {.5, 0, .5, 0, .5}, {.5, 0, -.5, 0, .5}, {0, 0, 0, 0, 1},
    {0, 1, 0, 0, 0}, {0, 1, 0, 1, 0},    {0, 0, 0, 1, 0}};

// Taps (kRows, channels, 5, 5) of a channel of kRows kernels, those beyond `rows` zero, to the first
// factors (product, channels, kRows) of their products.
void TransformTaps(const float* taps, int rows, int channels, float* factors) {
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
      float* const to = factors + static_cast<std::size_t>(p * kPixels + q) * channels * kRows;
      for (int row = 0; row < kRows; ++row) to[row] = 0;
      for (int j = 0; j < kTaps; ++j) {
        if (kOfTaps[q][j] == 0) continue;
        for (int row = 0; row < kRows; ++row) to[row] += kOfTaps[q][j] * down[p][j][row];
      }
    }
  }
}

// Seven rows of pixels, or of what became of them, to the second factors of seven products.
INLINE void TransformPixels(int count, const float* const d[kPixels], float* v,
                            std::size_t stride) {
  const float *d0 = d[0], *d1 = d[1], *d2 = d[2], *d3 = d[3], *d4 = d[4], *d5 = d[5], *d6 = d[6];
#pragma GCC ivdep
  for (int i = 0; i < count; ++i) {
    v[i] = d0[i] - d4[i];
    v[i + stride] = d2[i] + d4[i];
    v[i + 2 * stride] = d4[i] - d2[i];
    v[i + 3 * stride] = d2[i] - d6[i];
    v[i + 4 * stride] = d1[i] - d3[i];
    v[i + 5 * stride] = d3[i];
    v[i + 6 * stride] = d3[i] - d5[i];
  }
}

// Seven products to the two outputs.
INLINE void Sum(const float* m, std::size_t stride, float* y0, float* y1) {
  const float m1 = m[stride], m2 = m[2 * stride], m5 = m[5 * stride];
  *y0 = m[0] + m1 + m2 + (m[4 * stride] + m5);
  *y1 = m1 - m2 - m[3 * stride] + (m5 - m[6 * stride]);
}

struct Tiles {
  int image, row, column;  // of the first, in tiles
};

// A unit is a row of tiles.
struct Winograd {
  const ConvolutionShape& s;
  const float* input;
  const float* factors;  // of the weights: (output / kRows, product, channel, kRows)
  const float* bias;     // or null
  float* output;

  int units_across() const { return (s.output_width + 2 * kTiles - 1) / (2 * kTiles); }
  int units_per_image() const { return (s.output_height + 1) / 2 * units_across(); }
  std::size_t pixel_stride() const {
    return static_cast<std::size_t>(s.channels) * kTiles + kApart;
  }
  static constexpr std::size_t sum_stride() { return kAtATime * kTiles + kApart; }
  std::size_t scratch_floats() const { return kProducts * (pixel_stride() + sum_stride()); }

  // A channel's pixels to second factors (product, tile); beside the image they are 0.
  INLINE void TransformChannel(const float* channel, Tiles tiles, float* second) const {
    static const float zeros[kLine] = {};
    alignas(64) float lines[kPixels][kLine], apart[4][kTiles + 16];
    const int left = 4 * tiles.column - s.pad_width;
    const int begin = std::min(std::max(0, -left), kLine);
    const int end = std::max(begin, std::min(kLine, s.width - left));
    const float* rows[kPixels];
    for (int i = 0; i < kPixels; ++i) {
      const int y = 4 * tiles.row - s.pad_height + i;
      const bool inside = y >= 0 && y < s.height && begin < end;
      rows[i] = inside ? channel + static_cast<std::ptrdiff_t>(y) * s.width + left + begin : zeros;
    }
    TransformPixels(end - begin, rows, lines[0] + begin, kLine);
    const float* const across[] = {apart[0],     apart[1],     apart[2],    apart[3],
                                   apart[0] + 1, apart[1] + 1, apart[2] + 1};
    for (int p = 0; p < kPixels; ++p) {
      float* const line = lines[p];
      for (int i = 0; i < begin; ++i) line[i] = 0;
      for (int i = end; i < kLine; ++i) line[i] = 0;
      for (int t = 0; t < kTiles; ++t) {
        for (int j = 0; j < 4; ++j) apart[j][t] = line[4 * t + j];
      }
      for (int j = 0; j < 3; ++j) apart[j][kTiles] = line[4 * kTiles + j];
      TransformPixels(kTiles, across, second + p * kPixels * pixel_stride(), pixel_stride());
    }
  }

  // An output channel's sums (product, tile) to its pixels.
  INLINE void TransformSums(const float* sums, float bias, Tiles tiles, float* channel) const {
    float down[2][kPixels][kTiles], rows[2][2 * kTiles];
    for (int p = 0; p < kPixels; ++p) {
      for (int t = 0; t < kTiles; ++t) {
        Sum(sums + p * sum_stride() + t, kPixels * sum_stride(), &down[0][p][t], &down[1][p][t]);
      }
    }
    for (int i = 0; i < 2; ++i) {
      for (int t = 0; t < kTiles; ++t) {
        float y0, y1;
        Sum(&down[i][0][t], kTiles, &y0, &y1);
        rows[i][2 * t] = y0 + bias;
        rows[i][2 * t + 1] = y1 + bias;
      }
    }
    const int x = 2 * tiles.column, columns = std::min(2 * kTiles, s.output_width - x);
    for (int i = 0, y = 2 * tiles.row; i < 2 && y < s.output_height; ++i, ++y) {
      std::copy(rows[i], rows[i] + columns,
                channel + static_cast<std::ptrdiff_t>(y) * s.output_width + x);
    }
  }

  template <int kFloats, int kVectors>
  INLINE void Compute(int unit, float* scratch) const {
    const int place = unit % units_per_image();
    const Tiles tiles{unit / units_per_image(), place / units_across(),
                      place % units_across() * kTiles};
    const std::ptrdiff_t in = static_cast<std::ptrdiff_t>(s.height) * s.width;
    const std::ptrdiff_t out = static_cast<std::ptrdiff_t>(s.output_height) * s.output_width;
    float* const second = scratch;
    float* const sums = scratch + kProducts * pixel_stride();
    for (int c = 0; c < s.channels; ++c) {
      TransformChannel(input + in * (static_cast<std::ptrdiff_t>(s.channels) * tiles.image + c),
                       tiles, second + c * kTiles);
    }
    for (int k = 0; k < s.outputs; k += kAtATime) {
      const int end = std::min(k + kAtATime, s.outputs);
      for (int p = 0; p < kProducts; ++p) {
        const float* const pixels = second + p * pixel_stride();
        const auto right = [=](int c) { return pixels + c * kTiles; };
        for (int o = k; o < end; o += kRows) {
          const std::size_t group = static_cast<std::size_t>(o) / kRows * kProducts + p;
          Multiply<kFloats, kVectors>(s.channels, factors + group * s.channels * kRows, right,
                                      nullptr, sums + p * sum_stride() + (o - k) * kTiles, kTiles);
        }
      }
      for (int o = k; o < end; ++o) {
        TransformSums(sums + (o - k) * kTiles, bias ? bias[o] : 0.f, tiles,
                      output + out * (static_cast<std::ptrdiff_t>(s.outputs) * tiles.image + o));
      }
    }
  }
};

}  // namespace

bool WinogradCovers(const ConvolutionShape& s) {
  const int computed = (s.output_width + 2 * kTiles - 1) / (2 * kTiles) * (2 * kTiles);
  return s.kernel_height == kTaps && s.kernel_width == kTaps && s.stride_height == 2 &&
         s.stride_width == 2 && s.channels >= kLeastChannels && s.outputs >= kLeastChannels &&
         s.output_width >= kLeastUsed * computed && HasVectors();
}

void WinogradForward(const ConvolutionShape& s, int images, const float* input,
                     const float* weights, const float* bias, float* output) {
  const int groups = (s.outputs + kRows - 1) / kRows;
  const std::size_t taps = static_cast<std::size_t>(s.channels) * kTaps * kTaps;
  const std::size_t products = static_cast<std::size_t>(kProducts) * s.channels * kRows;
  std::vector<float> factors(groups * products);
#pragma omp parallel for
  for (int group = 0; group < groups; ++group) {
    const int first = group * kRows, rows = std::min(kRows, s.outputs - first);
    for (int c = 0; c < s.channels; ++c) {
      TransformTaps(weights + first * taps + c * kTaps * kTaps, rows, s.channels,
                    factors.data() + group * products + c * kRows);
    }
  }
  const Winograd work{s, input, factors.data(), bias, output};
  OnVectors(work, images * work.units_per_image());
}

}  // namespace scan2num
