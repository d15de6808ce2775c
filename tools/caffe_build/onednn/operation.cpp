#include "operation.hpp"

#include <cstdlib>
#include <new>
#include <unordered_map>

namespace scan2num {

namespace {

constexpr std::size_t kAlignment = 4096;

std::size_t Aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// The scratch memory of this thread: that of the largest operation so far, used by one at a time.
class Scratch {
 public:
  ~Scratch() { std::free(memory_); }
  char* AtLeast(std::size_t bytes) {
    if (bytes > bytes_) {
      std::free(memory_);
      bytes_ = 0;
      memory_ = static_cast<char*>(::aligned_alloc(kAlignment, Aligned(bytes)));
      if (memory_ == nullptr) throw std::bad_alloc();
      bytes_ = bytes;
    }
    return memory_;
  }

 private:
  char* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

dnnl::stream& Stream() {
  thread_local dnnl::stream stream(Engine());
  return stream;
}

}  // namespace

const dnnl::engine& Engine() {
  static const dnnl::engine* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;  // never destroyed: layers may outlive the statics
}

dnnl::primitive_attr ScratchOutside() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void Operation::Tensor(int argument, Use use, const dnnl::memory::desc& plain,
                       const dnnl::memory::desc& wanted) {
  Operand operand{argument, use, plain, wanted, -1, {}};
  if (use == Use::kAdd || plain != wanted) {
    dnnl::primitive_attr attributes;
    if (use == Use::kAdd) {
      dnnl::post_ops add;
      add.append_sum();
      attributes.set_post_ops(add);
    }
    const bool in = use == Use::kRead || use == Use::kReadOnce;
    operand.reorder = dnnl::reorder(dnnl::reorder::primitive_desc(
        Engine(), in ? plain : wanted, Engine(), in ? wanted : plain, attributes));
    operand.offset = static_cast<std::ptrdiff_t>(Aligned(bytes_));
    bytes_ = operand.offset + wanted.get_size();
  }
  operands_.push_back(operand);
}

void Operation::Run(const std::vector<const float*>& blobs, bool again) const {
  static thread_local Scratch scratch;
  char* memory = scratch.AtLeast(bytes_);
  std::unordered_map<int, dnnl::memory> arguments{
      {DNNL_ARG_SCRATCHPAD, dnnl::memory(scratchpad_, Engine(), memory)}};
  std::vector<dnnl::memory> plain;
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const Operand& operand = operands_[i];
    plain.emplace_back(operand.plain, Engine(), const_cast<float*>(blobs[i]));
    dnnl::memory wanted = plain.back();
    if (operand.offset >= 0) {
      wanted = dnnl::memory(operand.wanted, Engine(), memory + operand.offset);
      if (operand.use == Use::kRead || (operand.use == Use::kReadOnce && !again)) {
        operand.reorder.execute(Stream(), plain.back(), wanted);
      }
    }
    arguments.emplace(operand.argument, wanted);
  }
  primitive_.execute(Stream(), arguments);
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const Operand& operand = operands_[i];
    if (operand.offset >= 0 && (operand.use == Use::kWrite || operand.use == Use::kAdd)) {
      operand.reorder.execute(Stream(), arguments.at(operand.argument), plain[i]);
    }
  }
  Stream().wait();
}

}  // namespace scan2num
