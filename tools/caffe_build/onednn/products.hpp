// A layer whose every output is connected with every input, as products of matrices by oneDNN: so
// that all of a net uses the same threads.
#ifndef SCAN2NUM_ONEDNN_PRODUCTS_HPP_
#define SCAN2NUM_ONEDNN_PRODUCTS_HPP_

namespace scan2num {

// data (images, inputs), weights (outputs, inputs), bias (outputs) or null, result (images,
// outputs).
struct Connected {
  int images, inputs, outputs;

  // result := data weights' + bias
  void Forward(const float* data, const float* weights, const float* bias, float* result) const;

  // weights, bias := their gradients, added to what is there; gradient: of the result
  void AddWeightGradient(const float* gradient, const float* data, float* weights) const;
  void AddBiasGradient(const float* gradient, float* bias) const;

  // data := its gradient
  void DataGradient(const float* gradient, const float* weights, float* data) const;
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_PRODUCTS_HPP_
