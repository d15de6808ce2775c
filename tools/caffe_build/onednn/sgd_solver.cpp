#include "sgd_solver.hpp"

#include "in_pieces.hpp"

namespace scan2num {

namespace {

bool OnCpu() { return caffe::Caffe::mode() == caffe::Caffe::CPU; }

// gradient := history := rate (scale gradient + decay weights) + momentum history, as Caffe has it:
// without decay weights do not matter, be they infinite
EVERY_CPU void Update(int count, float scale, float decay, float rate, float momentum,
                      const float* weights, float* gradient, float* history) {
  const bool decays = decay != 0;
  for (int i = 0; i < count; ++i) {
    const float step = scale * gradient[i] + (decays ? decay * weights[i] : 0.f);
    gradient[i] = history[i] = rate * step + momentum * history[i];
  }
}

}  // namespace

bool SgdSolver::Covers(const caffe::SolverParameter& parameter) {
  return parameter.weight_decay() == 0 || parameter.regularization_type() == "L2";
}

void SgdSolver::Normalize(int parameter) {
  if (!OnCpu()) caffe::SGDSolver<float>::Normalize(parameter);
}

void SgdSolver::Regularize(int parameter) {
  if (!OnCpu()) caffe::SGDSolver<float>::Regularize(parameter);
}

void SgdSolver::ComputeUpdateValue(int parameter, float rate) {
  if (!OnCpu()) return caffe::SGDSolver<float>::ComputeUpdateValue(parameter, rate);
  caffe::Blob<float>* blob = net_->learnable_params()[parameter];
  const float scale = 1.f / param_.iter_size();
  const float decay = param_.weight_decay() * net_->params_weight_decay()[parameter];
  const float local_rate = rate * net_->params_lr()[parameter];
  const float momentum = param_.momentum();
  const float* weights = blob->cpu_data();
  float* gradient = blob->mutable_cpu_diff();
  float* history = history_[parameter]->mutable_cpu_data();
  InPieces(blob->count(), [=](int start, int count) {
    Update(count, scale, decay, local_rate, momentum, weights + start, gradient + start,
           history + start);
  });
}

}  // namespace scan2num
