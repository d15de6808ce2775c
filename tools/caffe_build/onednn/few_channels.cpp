#include "few_channels.hpp"

#include <algorithm>

#include "on_vectors.hpp"

namespace scan2num {

namespace {

constexpr int kMostTaps = 75;      // of all channels: 5 x 5 x 3
constexpr int kRowsAtATime = 4;    // of the output; their pixels stay in the cache
constexpr float kLeastUsed = .75;  // of the columns that are computed

// A unit is some rows of an image's output.
struct FewChannels {
  const ConvolutionShape& s;
  const float* input;
  const float* weights;  // (output / kRows, tap, kRows)
  const float* bias;     // padded as the weights are
  float* output;

  int taps() const { return s.channels * s.kernel_height * s.kernel_width; }
  int units_per_image() const { return (s.output_height + kRowsAtATime - 1) / kRowsAtATime; }
  // Every stride-th pixel of a row, from a column on: what a tap sees of it.
  int line() const { return std::max(s.output_width, kColumns) + s.kernel_width + 16; }
  int lines_per_channel() const {
    return ((kRowsAtATime - 1) * s.stride_height + s.kernel_height) * s.stride_width;
  }
  std::size_t scratch_floats() const {
    return static_cast<std::size_t>(line()) * lines_per_channel() * s.channels + kRows * kColumns;
  }

  // lines (channel, row, column's remainder, column's quotient): pixels by stride_width.
  INLINE void Split(const float* row, int stride, float* lines) const {
    for (int remainder = 0; remainder < stride; ++remainder) {
      float* const to = lines + remainder * line();
      const int first = remainder - s.pad_width;  // its column for quotient 0
      const int begin = first < 0 ? (-first + stride - 1) / stride : 0;
      const int end = std::min(line(), s.width > first ? (s.width - first - 1) / stride + 1 : 0);
      std::fill(to, to + std::min(begin, line()), 0.f);
      for (int i = begin; i < end; ++i) to[i] = row[first + i * stride];
      std::fill(to + std::max(begin, end), to + line(), 0.f);
    }
  }

  template <int kFloats, int kVectors>
  INLINE void Compute(int unit, float* scratch) const {
    const int image = unit / units_per_image();
    const int first = unit % units_per_image() * kRowsAtATime;
    const int rows = std::min(kRowsAtATime, s.output_height - first);
    const std::ptrdiff_t in = static_cast<std::ptrdiff_t>(s.height) * s.width;
    const std::ptrdiff_t out = static_cast<std::ptrdiff_t>(s.output_height) * s.output_width;
    float* const lines = scratch + kRows * kColumns;
    const int in_rows = (rows - 1) * s.stride_height + s.kernel_height;
    for (int c = 0; c < s.channels; ++c) {
      for (int i = 0; i < in_rows; ++i) {
        const int y = first * s.stride_height - s.pad_height + i;
        float* const to = lines + (c * lines_per_channel() + i * s.stride_width) * line();
        if (y < 0 || y >= s.height) {
          std::fill(to, to + s.stride_width * line(), 0.f);
        } else {
          const float* const row = input + in * (image * s.channels + c) + y * s.width;
          if (s.stride_width == 2) Split(row, 2, to);
          else Split(row, s.stride_width, to);
        }
      }
    }
    int at[kMostTaps];  // where the lines are that a tap sees
    for (int row = 0; row < rows; ++row) {
      for (int tap = 0; tap < taps(); ++tap) {
        const int j = tap % s.kernel_width, i = tap / s.kernel_width % s.kernel_height;
        const int c = tap / s.kernel_width / s.kernel_height;
        const int l = c * lines_per_channel() + (row * s.stride_height + i) * s.stride_width +
                      j % s.stride_width;
        at[tap] = l * line() + j / s.stride_width;
      }
      for (int k = 0; k < s.outputs; k += kRows) {
        float* const to = output + out * (image * s.outputs + k) + (first + row) * s.output_width;
        for (int done = 0; done < s.output_width; done += kColumns) {
          // the last columns once more, rather than fewer
          const int column = std::max(0, std::min(done, s.output_width - kColumns));
          const auto right = [=, &at](int i) __attribute__((always_inline)) { return lines + at[i] + column; };
          const float* const left = weights + k * taps();
          if (k + kRows <= s.outputs && s.output_width >= kColumns) {
            Multiply<kFloats, kVectors>(taps(), left, right, bias + k, to + column, out);
          } else {
            Multiply<kFloats, kVectors>(taps(), left, right, bias + k, scratch, kColumns);
            const int columns = std::min(kColumns, s.output_width);
            for (int o = 0; o < std::min(kRows, s.outputs - k); ++o) {
              std::copy(scratch + o * kColumns, scratch + o * kColumns + columns,
                        to + out * o + column);
            }
          }
        }
      }
    }
  }
};

}  // namespace

bool FewChannelsCover(const ConvolutionShape& s) {
  const int computed = (s.output_width + kColumns - 1) / kColumns * kColumns;
  return s.channels * s.kernel_height * s.kernel_width <= kMostTaps &&
         s.output_width >= kLeastUsed * computed && s.outputs >= kRows && HasVectors();
}

void FewChannelsForward(const ConvolutionShape& s, int images, const float* input,
                        const float* weights, const float* bias, float* output) {
  const int taps = s.channels * s.kernel_height * s.kernel_width;
  const int outputs = (s.outputs + kRows - 1) / kRows * kRows;
  std::vector<float> padded(outputs * taps), start(outputs);
  for (int k = 0; k < s.outputs; ++k) {
    for (int i = 0; i < taps; ++i) {
      padded[(k / kRows * taps + i) * kRows + k % kRows] = weights[k * taps + i];
    }
    if (bias) start[k] = bias[k];
  }
  const FewChannels work{s, input, padded.data(), start.data(), output};
  OnVectors(work, images * work.units_per_image());
}

}  // namespace scan2num
