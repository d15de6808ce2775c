#include "convolution.hpp"

#include <tuple>

namespace scan2num {

namespace {

using dnnl::memory;

// The tensors of a convolution: as Caffe has them and, with `any`, for oneDNN to lay out.
struct Tensors {
  Tensors(const ConvolutionShape& s, int images, bool any)
      : input(Described({images, s.channels, s.height, s.width}, any)),
        weights(Described({s.outputs, s.channels, s.kernel_height, s.kernel_width}, any)),
        output(Described({images, s.outputs, s.output_height, s.output_width}, any)),
        bias({s.outputs}, memory::data_type::f32, memory::format_tag::a) {}

  static memory::desc Described(const memory::dims& dims, bool any) {
    return {dims, memory::data_type::f32,
            any ? memory::format_tag::any : memory::format_tag::abcd};
  }

  memory::desc input, weights, output, bias;
};

// oneDNN 3 does without the descriptor that a description is made from in oneDNN 2.
template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc Describe(const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {Engine(), arguments..., ScratchOutside()};
#else
  return {typename Primitive::desc(arguments...), ScratchOutside(), Engine()};
#endif
}

template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc DescribeBackward(
    const dnnl::convolution_forward::primitive_desc& forward, const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {Engine(), arguments..., forward, ScratchOutside()};
#else
  return {typename Primitive::desc(arguments...), ScratchOutside(), Engine(), forward};
#endif
}

constexpr auto kDirect = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc DescribeForward(const ConvolutionShape& s, int images) {
  const Tensors any(s, images, true);
  const memory::dims stride{s.stride_height, s.stride_width}, pad{s.pad_height, s.pad_width};
  const auto kind = dnnl::prop_kind::forward_training;
  using Primitive = dnnl::convolution_forward;
  return s.bias ? Describe<Primitive>(kind, kDirect, any.input, any.weights, any.bias, any.output,
                                      stride, pad, pad)
                : Describe<Primitive>(kind, kDirect, any.input, any.weights, any.output, stride,
                                      pad, pad);
}

}  // namespace

bool ConvolutionShape::operator==(const ConvolutionShape& other) const {
  const auto all = [](const ConvolutionShape& s) {
    return std::tie(s.channels, s.height, s.width, s.outputs, s.output_height, s.output_width,
                    s.kernel_height, s.kernel_width, s.stride_height, s.stride_width,
                    s.pad_height, s.pad_width, s.bias);
  };
  return all(*this) == all(other);
}

Operation ConvolutionForward(const ConvolutionShape& s, int images) {
  const Tensors plain(s, images, false);
  const auto description = DescribeForward(s, images);
  Operation operation(description, dnnl::convolution_forward(description));
  operation.Tensor(DNNL_ARG_SRC, Use::kRead, plain.input, description.src_desc());
  operation.Tensor(DNNL_ARG_WEIGHTS, Use::kReadOnce, plain.weights, description.weights_desc());
  operation.Tensor(DNNL_ARG_DST, Use::kWrite, plain.output, description.dst_desc());
  if (s.bias) operation.Tensor(DNNL_ARG_BIAS, Use::kRead, plain.bias, plain.bias);
  return operation;
}

Operation ConvolutionBackwardData(const ConvolutionShape& s, int images) {
  const Tensors plain(s, images, false), any(s, images, true);
  const memory::dims stride{s.stride_height, s.stride_width}, pad{s.pad_height, s.pad_width};
  using Primitive = dnnl::convolution_backward_data;
  const auto description = DescribeBackward<Primitive>(
      DescribeForward(s, images), kDirect, any.input, any.weights, any.output, stride, pad, pad);
  Operation operation(description, Primitive(description));
  operation.Tensor(DNNL_ARG_DIFF_DST, Use::kRead, plain.output, description.diff_dst_desc());
  operation.Tensor(DNNL_ARG_WEIGHTS, Use::kReadOnce, plain.weights, description.weights_desc());
  operation.Tensor(DNNL_ARG_DIFF_SRC, Use::kWrite, plain.input, description.diff_src_desc());
  return operation;
}

Operation ConvolutionBackwardWeights(const ConvolutionShape& s, int images, bool bias) {
  const Tensors plain(s, images, false), any(s, images, true);
  const memory::dims stride{s.stride_height, s.stride_width}, pad{s.pad_height, s.pad_width};
  using Primitive = dnnl::convolution_backward_weights;
  const auto forward = DescribeForward(s, images);
  const auto description =
      bias ? DescribeBackward<Primitive>(forward, kDirect, any.input, any.weights, any.bias,
                                         any.output, stride, pad, pad)
           : DescribeBackward<Primitive>(forward, kDirect, any.input, any.weights, any.output,
                                         stride, pad, pad);
  Operation operation(description, Primitive(description));
  operation.Tensor(DNNL_ARG_SRC, Use::kRead, plain.input, description.src_desc());
  operation.Tensor(DNNL_ARG_DIFF_DST, Use::kRead, plain.output, description.diff_dst_desc());
  operation.Tensor(DNNL_ARG_DIFF_WEIGHTS, Use::kAdd, plain.weights,
                   description.diff_weights_desc());
  if (bias) operation.Tensor(DNNL_ARG_DIFF_BIAS, Use::kAdd, plain.bias, plain.bias);
  return operation;
}

}  // namespace scan2num
