#include "winograd.hpp"

#include <algorithm>
#include <vector>

#include "winograd_axis.hpp"

namespace scan2num {

namespace {

constexpr int kAcross = 16, kDown = kColumns / kAcross;  // tiles that are computed at a time
constexpr int kLine = kStep * (kAcross + 1);             // pixels of a row that they need
constexpr int kAtATime = 2 * kRows;  // output channels whose sums are in the cache
constexpr int kApart = 32;           // floats between what would else share lines of the cache

constexpr float kLeastUsed = .75;   // of the outputs that are computed; below, oneDNN is faster
// With fewer channels the transforms cost what the products save; with more, a unit does not stay
// in the cache.
constexpr int kLeastChannels = 16, kMostChannels = 128;

struct Tiles {
  int image, row, column;  // of the first, in tiles
};

// A unit is kDown x kAcross tiles.
struct Winograd {
  const ConvolutionShape& s;
  const float* input;
  const float* factors;  // of the weights: (output / kRows, product, channel, kRows)
  const float* bias;     // or null
  float* output;

  static int units(int length, int unit) { return (length + unit - 1) / unit; }
  int units_across() const { return units(s.output_width, kOutputs * kAcross); }
  int units_down() const { return units(s.output_height, kOutputs * kDown); }
  int units_per_image() const { return units_across() * units_down(); }
  // second factors (product, channel, tile), with a gap after each pair of points
  std::size_t place(int product) const {
    return static_cast<std::size_t>(product) * s.channels * kColumns;
  }
  std::size_t second_floats() const { return place(kProducts) + kPairs * kApart; }
  static constexpr std::size_t sum_stride() { return kAtATime * kColumns + kApart; }
  std::size_t scratch_floats() const { return second_floats() + kPairs * sum_stride(); }

  // A channel's pixels to second factors (product, tile); beside the image they are 0.
  ALWAYS_INLINE void TransformChannel(const float* channel, Tiles tiles, float* second) const {
    static const float zeros[kLine] = {};
    alignas(64) float lines[kPixels][kLine], apart[kStep][kAcross + 16];
    const int left = kStep * tiles.column - s.pad_width;
    const int begin = std::min(std::max(0, -left), kLine);
    const int end = std::max(begin, std::min(kLine, s.width - left));
    const float* rows[kPixels];
    float* to[kPixels];
    for (int i = 0; i < kPixels; ++i) {
      const int y = kStep * tiles.row - s.pad_height + i;
      const bool inside = y >= 0 && y < s.height && begin < end;
      rows[i] = inside ? channel + static_cast<std::ptrdiff_t>(y) * s.width + left + begin : zeros;
      to[i] = lines[i] + begin;
    }
    TransformPixels(end - begin, rows, to);
    const float* across[kPixels];
    for (int i = 0; i < kPixels; ++i) across[i] = apart[i % kStep] + i / kStep;
    for (int p = 0; p < kPixels; ++p) {
      float* const line = lines[p];
      for (int i = 0; i < begin; ++i) line[i] = 0;
      for (int i = end; i < kLine; ++i) line[i] = 0;
      for (int t = 0; t < kAcross; ++t) {
        for (int j = 0; j < kStep; ++j) apart[j][t] = line[kStep * t + j];
      }
      for (int j = 0; j < kPixels - kStep; ++j) apart[j][kAcross] = line[kStep * kAcross + j];
      for (int q = 0; q < kPixels; ++q) {
        to[q] = second + place(kOrder.of(p, q)) + kOrder.pair(p, q) * kApart;
      }
      TransformPixels(kAcross, across, to);
    }
  }

  // An output channel's sums (pair of points, tile) to its pixels.
  ALWAYS_INLINE void TransformSums(const float* sums, float bias, Tiles tiles,
                                   float* channel) const {
    float down[kOutputs][kPoints][kColumns], rows[kOutputs][kOutputs * kColumns];
    for (int q = 0; q < kPoints; ++q) {
      const float* const m = sums + q * sum_stride();
      constexpr std::size_t next = kPoints * sum_stride();
      for (int t = 0; t < kColumns; ++t) {
        Outputs(m[t], m[t + next], m[t + 2 * next], m[t + 3 * next], m[t + 4 * next],
                m[t + 5 * next], &down[0][q][t], kPoints * kColumns);
      }
    }
    for (int i = 0; i < kOutputs; ++i) {
      const auto& m = down[i];
      for (int t = 0; t < kColumns; ++t) {
        float y[kOutputs];
        Outputs(m[0][t], m[1][t], m[2][t], m[3][t], m[4][t], m[5][t], y, 1);
        for (int j = 0; j < kOutputs; ++j) rows[i][kOutputs * t + j] = y[j] + bias;
      }
    }
    const int x = kOutputs * tiles.column, y = kOutputs * tiles.row;
    const int columns = std::min(kOutputs * kAcross, s.output_width - x);
    for (int row = 0; row < std::min(kOutputs * kDown, s.output_height - y); ++row) {
      const float* const from = rows[row % kOutputs] + row / kOutputs * kOutputs * kAcross;
      std::copy(from, from + columns,
                channel + static_cast<std::ptrdiff_t>(y + row) * s.output_width + x);
    }
  }

  template <int kFloats, int kVectors>
  ALWAYS_INLINE void Compute(int unit, float* scratch) const {
    const int in_image = unit % units_per_image();
    const Tiles tiles{unit / units_per_image(), in_image / units_across() * kDown,
                      in_image % units_across() * kAcross};
    const std::ptrdiff_t in = static_cast<std::ptrdiff_t>(s.height) * s.width;
    const std::ptrdiff_t out = static_cast<std::ptrdiff_t>(s.output_height) * s.output_width;
    float* const second = scratch;
    float* const sums = scratch + second_floats();
    const float* const image = input + in * s.channels * tiles.image;
    for (int c = 0; c < s.channels; ++c) {
      for (int row = 0; row < kDown; ++row) {
        TransformChannel(image + in * c, {tiles.image, tiles.row + row, tiles.column},
                         second + c * kColumns + row * kAcross);
      }
    }
    for (int k = 0; k < s.outputs; k += kAtATime) {
      const int end = std::min(k + kAtATime, s.outputs);
      for (int p = 0; p < kPairs; ++p) {
        const float* const pixels = second + place(kOrder.begin[p]) + p * kApart;
        const auto right = [=](int i) { return pixels + i * kColumns; };
        const int depth = (kOrder.begin[p + 1] - kOrder.begin[p]) * s.channels;
        for (int o = k; o < end; o += kRows) {
          const std::size_t first =
              static_cast<std::size_t>(o) / kRows * kProducts + kOrder.begin[p];
          Multiply<kFloats, kVectors>(depth, factors + first * s.channels * kRows, right, nullptr,
                                      sums + p * sum_stride() + (o - k) * kColumns, kColumns);
        }
      }
      for (int o = k; o < end; ++o) {
        TransformSums(sums + (o - k) * kColumns, bias ? bias[o] : 0.f, tiles,
                      output + out * s.outputs * tiles.image + out * o);
      }
    }
  }
};

}  // namespace

bool WinogradCovers(const ConvolutionShape& s) {
  const Winograd work{s, nullptr, nullptr, nullptr, nullptr};
  const double computed = 1. * work.units_per_image() * kOutputs * kOutputs * kColumns;
  return s.kernel_height == kTaps && s.kernel_width == kTaps && s.stride_height == 2 &&
         s.stride_width == 2 && s.channels >= kLeastChannels && s.channels <= kMostChannels &&
         s.outputs >= kLeastChannels &&
         1. * s.output_width * s.output_height >= kLeastUsed * computed && HasVectors();
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
