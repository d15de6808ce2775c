#include "few_channels.hpp"

#include <algorithm>
#include <vector>

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
  int line() const { return std::max(s.output_width, kColumns) + s.kernel_width; }
  int lines_per_channel() const {
    return ((kRowsAtATime - 1) * s.stride_height + s.kernel_height) * s.stride_width;
  }
  std::size_t lines_floats() const {
    return static_cast<std::size_t>(line()) * lines_per_channel() * s.channels;
  }
  std::size_t scratch_floats() const { return lines_floats() + kRows * kColumns; }

  // lines (channel, row, column's remainder, column's quotient): pixels by stride_width.
  ALWAYS_INLINE void Split(const float* row, int stride, float* lines) const {
    for (int remainder = 0; remainder < stride; ++remainder) {
      float* const to = lines + remainder * line();
      const int first = remainder - s.pad_width;  // its column for quotient 0
      const int begin = std::min(line(), first < 0 ? (-first + stride - 1) / stride : 0);
      const int end = std::min(line(), s.width > first ? (s.width - first - 1) / stride + 1 : 0);
      std::fill(to, to + begin, 0.f);
      for (int i = begin; i < end; ++i) to[i] = row[first + i * stride];
      std::fill(to + std::max(begin, end), to + line(), 0.f);
    }
  }

  // The rows of input that `rows` of output from `first` on need.
  ALWAYS_INLINE void SplitRows(int image, int first, int rows, float* lines) const {
    const std::ptrdiff_t in = static_cast<std::ptrdiff_t>(s.height) * s.width;
    for (int c = 0; c < s.channels; ++c) {
      const std::ptrdiff_t number = static_cast<std::ptrdiff_t>(image) * s.channels + c;
      const float* const channel = input + in * number;
      for (int i = 0; i < (rows - 1) * s.stride_height + s.kernel_height; ++i) {
        const int y = first * s.stride_height - s.pad_height + i;
        float* const to = lines + (c * lines_per_channel() + i * s.stride_width) * line();
        if (y < 0 || y >= s.height) {
          std::fill(to, to + s.stride_width * line(), 0.f);
        } else if (s.stride_width == 2) {
          Split(channel + static_cast<std::ptrdiff_t>(y) * s.width, 2, to);
        } else {
          Split(channel + static_cast<std::ptrdiff_t>(y) * s.width, s.stride_width, to);
        }
      }
    }
  }

  // Where the line begins that a tap sees of a row.
  int place(int row, int tap) const {
    const int j = tap % s.kernel_width, i = tap / s.kernel_width % s.kernel_height;
    const int channel = tap / s.kernel_width / s.kernel_height;
    const int number = channel * lines_per_channel() + (row * s.stride_height + i) * s.stride_width;
    return (number + j % s.stride_width) * line() + j / s.stride_width;
  }

  template <int kFloats, int kVectors>
  ALWAYS_INLINE void Compute(int unit, float* scratch) const {
    const int image = unit / units_per_image(), first = unit % units_per_image() * kRowsAtATime;
    const int rows = std::min(kRowsAtATime, s.output_height - first);
    const std::ptrdiff_t out = static_cast<std::ptrdiff_t>(s.output_height) * s.output_width;
    float* const lines = scratch + kRows * kColumns;
    SplitRows(image, first, rows, lines);
    for (int row = 0; row < rows; ++row) {
      int places[kMostTaps];
      for (int tap = 0; tap < taps(); ++tap) places[tap] = place(row, tap);
      float* to = output + out * (static_cast<std::ptrdiff_t>(image) * s.outputs) +
                  static_cast<std::ptrdiff_t>(first + row) * s.output_width;
      for (int k = 0; k < s.outputs; k += kRows, to += out * kRows) {
        const bool whole = k + kRows <= s.outputs && s.output_width >= kColumns;
        for (int done = 0; done < s.output_width; done += kColumns) {
          // the last columns once more, rather than fewer
          const int column = std::max(0, std::min(done, s.output_width - kColumns));
          const float* const from = lines + column;
          const auto right = [=, &places](int tap) { return from + places[tap]; };
          Multiply<kFloats, kVectors>(taps(), weights + k * taps(), right, bias + k,
                                      whole ? to + column : scratch, whole ? out : kColumns);
          for (int o = 0; !whole && o < std::min(kRows, s.outputs - k); ++o) {
            std::copy_n(scratch + o * kColumns, std::min(kColumns, s.output_width),
                        to + out * o + column);
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
         s.stride_height <= s.kernel_height && s.stride_width <= s.kernel_width &&
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
