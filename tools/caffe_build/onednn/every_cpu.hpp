// Compiles a function for several generations of CPU; the fastest that this one knows is called.
// The library itself stays free of instructions that an older CPU lacks: it may be carried there.
#ifndef SCAN2NUM_ONEDNN_EVERY_CPU_HPP_
#define SCAN2NUM_ONEDNN_EVERY_CPU_HPP_

#define EVERY_CPU __attribute__((target_clones("avx512f", "avx2", "default"), flatten))

#endif  // SCAN2NUM_ONEDNN_EVERY_CPU_HPP_
