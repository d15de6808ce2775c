// Loops over arrays on all cores, compiled for several generations of CPU.
#ifndef SCAN2NUM_ONEDNN_IN_PIECES_HPP_
#define SCAN2NUM_ONEDNN_IN_PIECES_HPP_

#include <algorithm>

// A function for each of these CPUs; the fastest that this one knows is called. The library itself
// stays free of instructions that an older CPU lacks: the cache may be carried to one.
#define EVERY_CPU __attribute__((target_clones("avx512f", "avx2", "default"), flatten))

namespace scan2num {

// Calls work(start, count) for pieces that add up to [0, count).
template <typename Work>
void InPieces(int count, const Work& work) {
  constexpr int kPiece = 1 << 14;
#pragma omp parallel for
  for (int start = 0; start < count; start += kPiece) {
    work(start, std::min(kPiece, count - start));
  }
}

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_IN_PIECES_HPP_
