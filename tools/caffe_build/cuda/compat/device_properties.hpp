// CUDA 13 took three members of cudaDeviceProp away that `caffe device_query` prints. Included
// before Caffe's common.cpp (-include), this gives them back, read as attributes of the device.
#ifndef SCAN2NUM_DEVICE_PROPERTIES_HPP_
#define SCAN2NUM_DEVICE_PROPERTIES_HPP_

#include <cublas_v2.h>  // first whatever else names cudaDeviceProp
#include <cuda_runtime.h>
#include <curand.h>

#if CUDART_VERSION >= 13000

namespace cuda_compat {

struct DeviceProperties : cudaDeviceProp {
  int clockRate = 0;  // kHz
  int deviceOverlap = 0;
  int kernelExecTimeoutEnabled = 0;
};

inline cudaError_t GetDeviceProperties(DeviceProperties* properties, int device) {
  cudaError_t error = cudaGetDeviceProperties(properties, device);
  const auto read = [&](int* value, cudaDeviceAttr attribute) {
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(value, attribute, device);
  };
  read(&properties->clockRate, cudaDevAttrClockRate);
  read(&properties->deviceOverlap, cudaDevAttrGpuOverlap);
  read(&properties->kernelExecTimeoutEnabled, cudaDevAttrKernelExecTimeout);
  return error;
}

}  // namespace cuda_compat

#define cudaDeviceProp cuda_compat::DeviceProperties
#define cudaGetDeviceProperties cuda_compat::GetDeviceProperties

#endif  // CUDART_VERSION
#endif  // SCAN2NUM_DEVICE_PROPERTIES_HPP_
