// Work that is written in vectors of the CPU it runs on, AVX-512 or AVX2, on all cores.
#ifndef SCAN2NUM_ONEDNN_ON_VECTORS_HPP_
#define SCAN2NUM_ONEDNN_ON_VECTORS_HPP_

#include <cstddef>
#include <memory>

#include <dnnl.h>
#include <omp.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

namespace scan2num {

// Work has Compute<floats of a vector, vectors that are summed at a time>(unit, scratch), always
// inlined, and scratch_floats(): the memory that a thread needs for it.
template <typename Work>
__attribute__((target("avx512f,prefer-vector-width=512"))) void WithAvx512(const Work& work,
                                                                           int unit,
                                                                           float* scratch) {
  work.template Compute<16, 2>(unit, scratch);
}

template <typename Work>
__attribute__((target("avx2,fma"))) void WithAvx2(const Work& work, int unit, float* scratch) {
  work.template Compute<8, 1>(unit, scratch);
}

// What this CPU has, and oneDNN may use (ONEDNN_MAX_CPU_ISA).
inline bool HasAvx512() {
  const int isa = dnnl_get_effective_cpu_isa();
  return (isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

inline bool HasVectors() {
  const int isa = dnnl_get_effective_cpu_isa();
  return (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2 && __builtin_cpu_supports("fma");
}

// Computes the units 0 to count - 1, each by whichever thread is free. Needs HasVectors().
template <typename Work>
void OnVectors(const Work& work, int count) {
  const auto compute = HasAvx512() ? WithAvx512<Work> : WithAvx2<Work>;
  // made here, since an exception must not leave the threads; a line apart
  const std::size_t each = work.scratch_floats() + 64;
  std::unique_ptr<float[]> scratch(new float[each * omp_get_max_threads()]);
#pragma omp parallel for schedule(dynamic)
  for (int unit = 0; unit < count; ++unit) {
    compute(work, unit, scratch.get() + each * omp_get_thread_num());
  }
}

// Rows of so many columns that are computed at a time, and so many sums in registers.
constexpr int kColumns = 32, kRows = 8;

// result (kRows, kColumns), rows `stride` floats apart, := start (kRows), or 0 if it is null, plus
// the sum over i of left (depth, kRows) times right(i) (kColumns).
template <int kFloats, int kVectors, typename Right>
ALWAYS_INLINE void Multiply(int depth, const float* left, const Right& right, const float* start,
                     float* result, std::size_t stride) {
  typedef float Vector __attribute__((vector_size(4 * kFloats)));
  typedef float Unaligned __attribute__((vector_size(4 * kFloats), aligned(4)));
  for (int column = 0; column < kColumns; column += kFloats * kVectors) {
    Vector sums[kRows][kVectors] = {};
#pragma GCC unroll 8
    for (int k = 0; k < kRows; ++k) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        if (start) sums[k][v] += start[k];
      }
    }
    for (int i = 0; i < depth; ++i) {
      Vector columns[kVectors];
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        columns[v] = *reinterpret_cast<const Unaligned*>(right(i) + column + v * kFloats);
      }
#pragma GCC unroll 8
      for (int k = 0; k < kRows; ++k) {
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v) sums[k][v] += left[i * kRows + k] * columns[v];
      }
    }
#pragma GCC unroll 8
    for (int k = 0; k < kRows; ++k) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        *reinterpret_cast<Unaligned*>(result + k * stride + column + v * kFloats) = sums[k][v];
      }
    }
  }
}

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_ON_VECTORS_HPP_
