#include "convolution_layer.hpp"

#include <algorithm>

#include "few_channels.hpp"
#include "products.hpp"
#include "winograd.hpp"

namespace scan2num {

namespace {

// What is computed at a time, one image at least, stays in the cores' caches from convolution to
// reorder. The same for any number of threads, so that the sums are the same.
constexpr std::size_t kBytesAtATime = 8 << 20;

bool All(const google::protobuf::RepeatedField<google::protobuf::uint32>& values, unsigned wanted) {
  return std::all_of(values.begin(), values.end(), [=](unsigned v) { return v == wanted; });
}

}  // namespace

bool ConvolutionLayer::Covers(const caffe::ConvolutionParameter& parameter) {
  return parameter.group() == 1 && All(parameter.dilation(), 1) && parameter.axis() == 1 &&
         !parameter.force_nd_im2col();
}

void ConvolutionLayer::Reshape(const Blobs& bottom, const Blobs& top) {
  caffe::ConvolutionLayer<float>::Reshape(bottom, top);
  covered_ = Covers(layer_param_.convolution_param()) && num_spatial_axes_ == 2 && top[0]->count();
  if (!covered_) return;
  const int* kernel = kernel_shape_.cpu_data();
  const int* stride = stride_.cpu_data();
  const int* pad = pad_.cpu_data();
  const ConvolutionShape shape{channels_, bottom[0]->height(), bottom[0]->width(),
                               num_output_, output_shape_[0], output_shape_[1],
                               kernel[0], kernel[1], stride[0], stride[1], pad[0], pad[1],
                               bias_term_};
  if (!(shape == shape_)) {
    operations_.clear();
    refused_ = false;
  }
  shape_ = shape;
  covered_ = !refused_;
  const int most = std::max<std::size_t>(1, kBytesAtATime / shape.bytes_per_image());
  const int parts = (num_ + most - 1) / most;
  images_at_a_time_ = (num_ + parts - 1) / parts;
}

void ConvolutionLayer::Forward_cpu(const Blobs& bottom, const Blobs& top) {
  if (covered_ && shape_.kernel_covers_image()) return ForwardByProducts(bottom, top);
  if (covered_ && WinogradCovers(shape_)) return ForwardBy(WinogradForward, bottom, top);
  if (covered_ && FewChannelsCover(shape_)) return ForwardBy(FewChannelsForward, bottom, top);
  if (!Has(kForward)) return caffe::ConvolutionLayer<float>::Forward_cpu(bottom, top);
  for (std::size_t i = 0; i < bottom.size(); ++i) {
    std::vector<Moving> blobs{{bottom[i]->cpu_data(), bottom_dim_},
                              {blobs_[0]->cpu_data(), 0},
                              {top[i]->mutable_cpu_data(), top_dim_}};
    if (bias_term_) blobs.push_back({blobs_[1]->cpu_data(), 0});
    Run(kForward, blobs);
  }
}

void ConvolutionLayer::Backward_cpu(const Blobs& top, const std::vector<bool>& propagate_down,
                                    const Blobs& bottom) {
  if (covered_ && shape_.kernel_covers_image()) {
    return BackwardByProducts(top, propagate_down, bottom);
  }
  const bool weights = param_propagate_down_[0];
  const bool bias = bias_term_ && param_propagate_down_[1];
  const Kind kind = bias ? kBackwardWeightsAndBias : kBackwardWeights;
  const bool data = std::find(propagate_down.begin(), propagate_down.end(), true) !=
                    propagate_down.end();
  if ((data && !Has(kBackwardData)) || (weights && !Has(kind))) {
    return caffe::ConvolutionLayer<float>::Backward_cpu(top, propagate_down, bottom);
  }
  for (std::size_t i = 0; i < top.size(); ++i) {
    const Moving gradient{top[i]->cpu_diff(), top_dim_};
    if (weights) {
      std::vector<Moving> blobs{{bottom[i]->cpu_data(), bottom_dim_},
                                gradient,
                                {blobs_[0]->mutable_cpu_diff(), 0}};
      if (bias) blobs.push_back({blobs_[1]->mutable_cpu_diff(), 0});
      Run(kind, blobs);
    } else if (bias) {
      for (int n = 0; n < num_; ++n) {
        backward_cpu_bias(blobs_[1]->mutable_cpu_diff(), gradient.blob + n * top_dim_);
      }
    }
    if (propagate_down[i]) {
      Run(kBackwardData, {gradient,
                          {blobs_[0]->cpu_data(), 0},
                          {bottom[i]->mutable_cpu_diff(), bottom_dim_}});
    }
  }
}

void ConvolutionLayer::ForwardBy(OwnForward* forward, const Blobs& bottom, const Blobs& top) {
  const float* bias = bias_term_ ? blobs_[1]->cpu_data() : nullptr;
  for (std::size_t i = 0; i < bottom.size(); ++i) {
    forward(shape_, num_, bottom[i]->cpu_data(), blobs_[0]->cpu_data(), bias,
            top[i]->mutable_cpu_data());
  }
}

// The kernel covers the image, so each output is one pixel, and a product of matrices in the blobs'
// own layout. That saves reordering weights, of which such layers have many.
void ConvolutionLayer::ForwardByProducts(const Blobs& bottom, const Blobs& top) {
  const Connected shape{num_, bottom_dim_, top_dim_};
  const float* bias = bias_term_ ? blobs_[1]->cpu_data() : nullptr;
  for (std::size_t i = 0; i < bottom.size(); ++i) {
    shape.Forward(bottom[i]->cpu_data(), blobs_[0]->cpu_data(), bias, top[i]->mutable_cpu_data());
  }
}

// Gradients of the same.
void ConvolutionLayer::BackwardByProducts(const Blobs& top, const std::vector<bool>& propagate_down,
                                          const Blobs& bottom) {
  const Connected shape{num_, bottom_dim_, top_dim_};
  for (std::size_t i = 0; i < top.size(); ++i) {
    const float* gradient = top[i]->cpu_diff();
    if (param_propagate_down_[0]) {
      shape.AddWeightGradient(gradient, bottom[i]->cpu_data(), blobs_[0]->mutable_cpu_diff());
    }
    if (bias_term_ && param_propagate_down_[1]) {
      shape.AddBiasGradient(gradient, blobs_[1]->mutable_cpu_diff());
    }
    if (propagate_down[i]) {
      shape.DataGradient(gradient, blobs_[0]->cpu_data(), bottom[i]->mutable_cpu_diff());
    }
  }
}

// Whether oneDNN has this operation; made when it is first asked for, as a GPU asks for none.
bool ConvolutionLayer::Has(Kind kind) {
  if (!covered_) return false;
  try {
    for (int done = 0; done < num_; done += images_at_a_time_) {
      Made(kind, std::min(images_at_a_time_, num_ - done));
    }
  } catch (const dnnl::error& error) {
    LOG(WARNING) << layer_param_.name() << ": Caffe computes it, since oneDNN says: "
                 << error.what();
    refused_ = true;
    covered_ = false;
  }
  return covered_;
}

const Operation& ConvolutionLayer::Made(Kind kind, int images) {
  const auto found = operations_.find({kind, images});
  if (found != operations_.end()) return found->second;
  Operation made =
      kind == kForward        ? ConvolutionForward(shape_, images)
      : kind == kBackwardData ? ConvolutionBackwardData(shape_, images)
      : ConvolutionBackwardWeights(shape_, images, kind == kBackwardWeightsAndBias);
  return operations_.emplace(std::make_pair(kind, images), std::move(made)).first->second;
}

void ConvolutionLayer::Run(Kind kind, const std::vector<Moving>& blobs) try {
  const Operation* before = nullptr;
  for (int done = 0; done < num_; done += images_at_a_time_) {
    std::vector<const float*> at;
    for (const Moving& moving : blobs) {
      at.push_back(moving.blob + static_cast<std::size_t>(done) * moving.per_image);
    }
    const Operation& operation = Made(kind, std::min(images_at_a_time_, num_ - done));
    operation.Run(at, &operation == before);
    before = &operation;
  }
} catch (const std::exception& error) {  // of a lack of memory, say
  LOG(FATAL) << layer_param_.name() << ": oneDNN: " << error.what();
}

}  // namespace scan2num
