// Caffe's SGD on a CPU: the update's value in one pass through memory instead of four.
#ifndef SCAN2NUM_ONEDNN_SGD_SOLVER_HPP_
#define SCAN2NUM_ONEDNN_SGD_SOLVER_HPP_

#include <vector>

#include "caffe/sgd_solvers.hpp"

namespace scan2num {

class SgdSolver : public caffe::SGDSolver<float> {
 public:
  explicit SgdSolver(const caffe::SolverParameter& parameter)
      : caffe::SGDSolver<float>(parameter) {}

  // Whether these parameters can be computed here: no L1 regularisation.
  static bool Covers(const caffe::SolverParameter& parameter);

 protected:
  // Left to ComputeUpdateValue, which comes after them for each parameter.
  void Normalize(int parameter) override;
  void Regularize(int parameter) override;
  void ComputeUpdateValue(int parameter, float rate) override;
};

}  // namespace scan2num

#endif  // SCAN2NUM_ONEDNN_SGD_SOLVER_HPP_
