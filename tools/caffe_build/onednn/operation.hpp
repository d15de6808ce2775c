// One oneDNN primitive on Caffe's blobs. They keep their plain layout, which is what all of Caffe
// sees: what the primitive wants in a layout of its own goes through scratch memory.
#ifndef SCAN2NUM_ONEDNN_OPERATION_HPP_
#define SCAN2NUM_ONEDNN_OPERATION_HPP_

#include <cstddef>
#include <vector>

#include <dnnl.hpp>

namespace scan2num {

const dnnl::engine& Engine();  // the CPU
dnnl::primitive_attr ScratchOutside();  // for primitives whose scratch memory is ours

enum class Use {
  kRead,
  kReadOnce,  // weights: the same in every call of a series
  kWrite,
  kAdd,  // gradients of weights add up in Caffe
};

class Operation {
 public:
  // description: the primitive's, made with ScratchOutside()
  template <typename Description>
  Operation(const Description& description, const dnnl::primitive& primitive)
      : primitive_(primitive), scratchpad_(description.scratchpad_desc()),
        bytes_(scratchpad_.get_size()) {}

  // Adds a tensor: its DNNL_ARG_..., its layout in Caffe and the one that the primitive wants.
  void Tensor(int argument, Use use, const dnnl::memory::desc& plain,
              const dnnl::memory::desc& wanted);

  // Computes with the tensors' blobs, in the order they were added. `again`: the call before was
  // this operation's own, on this thread, with the same kReadOnce blobs.
  void Run(const std::vector<const float*>& blobs, bool again) const;

 private:
  struct Operand {
    int argument;
    Use use;
    dnnl::memory::desc plain, wanted;
    std::ptrdiff_t offset;  // in the scratch memory; -1: the blob itself is used
    dnnl::reorder reorder;
  };

  dnnl::primitive primitive_;
  dnnl::memory::desc scratchpad_;
  std::vector<Operand> operands_;
  std::size_t bytes_;  // of scratch memory
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_OPERATION_HPP_
