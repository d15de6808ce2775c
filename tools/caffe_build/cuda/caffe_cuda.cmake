# The CUDA half of ../CMakeLists.txt, included where CUDA is ON: Caffe's .cu files and cuDNN layers.
# Caffe's source stays as it is; what today's CUDA and cuDNN lack of it is in compat/.
# CMAKE_CUDA_COMPILER, CMAKE_CUDA_ARCHITECTURES and CUDNN_INCLUDE come from variant.py.
set(CUDNN_INCLUDE "" CACHE PATH "Folder with cudnn.h")

enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
find_library(CUDNN_LIBRARY cudnn REQUIRED HINTS "${CUDNN_INCLUDE}/../lib")

if(CUDAToolkit_VERSION VERSION_GREATER_EQUAL 13)
  set_target_properties(caffe PROPERTIES CUDA_STANDARD 17 CXX_STANDARD 17)  # Thrust asks for it
else()
  set_target_properties(caffe PROPERTIES CUDA_STANDARD 14)
endif()
set_target_properties(caffe PROPERTIES CUDA_STANDARD_REQUIRED ON CUDA_RUNTIME_LIBRARY Shared)

file(GLOB CUDA_SOURCES "${CAFFE_SOURCE}/src/caffe/layers/*.cu"
  "${CAFFE_SOURCE}/src/caffe/solvers/*.cu" "${CAFFE_SOURCE}/src/caffe/util/*.cu")
target_sources(caffe PRIVATE ${CUDA_SOURCES})
target_compile_definitions(caffe PUBLIC USE_CUDNN)  # no USE_NCCL: one GPU a training
set(COMPAT "${CMAKE_CURRENT_LIST_DIR}/compat")
target_compile_options(caffe PRIVATE "SHELL:-include ${COMPAT}/cudnn_algorithms.hpp"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-ffile-prefix-map=${CAFFE_SOURCE}=caffe>")
set_source_files_properties("${CAFFE_SOURCE}/src/caffe/common.cpp" PROPERTIES
  COMPILE_OPTIONS "-include;${COMPAT}/device_properties.hpp")
set_source_files_properties("${CAFFE_SOURCE}/src/caffe/layer_factory.cpp" PROPERTIES
  COMPILE_OPTIONS "-include;${COMPAT}/engine_by_mode.hpp")
target_include_directories(caffe SYSTEM PUBLIC ${CUDAToolkit_INCLUDE_DIRS} "${CUDNN_INCLUDE}")
foreach(DIRECTORY IN LISTS CUDAToolkit_INCLUDE_DIRS)
  if(EXISTS "${DIRECTORY}/cccl")  # where CUDA 13 keeps Thrust
    target_include_directories(caffe SYSTEM PUBLIC "${DIRECTORY}/cccl")
  endif()
endforeach()
target_link_libraries(caffe PUBLIC CUDA::cudart CUDA::cublas CUDA::curand "${CUDNN_LIBRARY}")

# Where the loader looks; folders that it knows by itself need no mention.
set(CUDA_RPATH "")
foreach(LIBRARY "${CUDA_cudart_LIBRARY}" "${CUDA_cublas_LIBRARY}" "${CUDA_curand_LIBRARY}"
    "${CUDNN_LIBRARY}")
  get_filename_component(DIRECTORY "${LIBRARY}" DIRECTORY)
  if(NOT DIRECTORY IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
    list(APPEND CUDA_RPATH "${DIRECTORY}")
  endif()
endforeach()
list(REMOVE_DUPLICATES CUDA_RPATH)
