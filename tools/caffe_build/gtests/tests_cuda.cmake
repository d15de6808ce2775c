# The CUDA half of CMakeLists.txt, included where CUDA is ON; the options come from cuda/variant.py.
find_package(CUDAToolkit REQUIRED)
find_library(CUDNN_LIBRARY cudnn REQUIRED HINTS "${CUDNN_INCLUDE}/../lib")
target_compile_definitions(tests INTERFACE USE_CUDNN)
target_compile_options(tests INTERFACE
  "SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/../cuda/compat/cudnn_algorithms.hpp")
target_include_directories(tests SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS} "${CUDNN_INCLUDE}")
target_link_libraries(tests INTERFACE CUDA::cudart CUDA::cublas CUDA::curand "${CUDNN_LIBRARY}")
set(CUDA_RPATH ${CUDAToolkit_LIBRARY_DIR} "${CUDNN_INCLUDE}/../lib")
# The HDF5Data layer's other half, for nvcc by its name, holds no kernel.
set(HDF5_LAYER_GPU "${CAFFE_SOURCE}/src/caffe/layers/hdf5_data_layer.cu")
set_source_files_properties(${HDF5_LAYER_GPU} PROPERTIES
  LANGUAGE CXX COMPILE_OPTIONS "-x;c++" COMPILE_DEFINITIONS USE_HDF5)
