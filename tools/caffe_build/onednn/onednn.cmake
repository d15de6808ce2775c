# Faster layers for the CPU, included by ../CMakeLists.txt where ONEDNN is ON: a library that puts
# its own classes into Caffe's registries. The program and the module load it when they start.
find_path(DNNL_INCLUDE dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)

file(GLOB ONEDNN_SOURCES "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
set(LOAD_PLUGIN "${CMAKE_CURRENT_LIST_DIR}/load_plugin.cpp")
list(REMOVE_ITEM ONEDNN_SOURCES "${LOAD_PLUGIN}")

add_library(caffe_onednn SHARED ${ONEDNN_SOURCES})
target_include_directories(caffe_onednn SYSTEM PRIVATE "${DNNL_INCLUDE}")
# -ffp-contract=off: a product and a sum round alike on every CPU, with and without FMA.
target_compile_options(caffe_onednn PRIVATE -ffp-contract=off
  "-ffile-prefix-map=${CMAKE_CURRENT_LIST_DIR}=scan2num_onednn")
# These have code for each CPU anyway, and are slow without FMA.
foreach(OWN winograd few_channels)
  set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/${OWN}.cpp"
    PROPERTIES COMPILE_OPTIONS -ffp-contract=fast)
endforeach()
target_link_libraries(caffe_onednn PRIVATE caffe "${DNNL_LIBRARY}" OpenMP::OpenMP_CXX)
set_target_properties(caffe_onednn PROPERTIES INSTALL_RPATH "$ORIGIN;${CUDA_RPATH}")

foreach(LOADER caffe_program _caffe)
  target_sources(${LOADER} PRIVATE "${LOAD_PLUGIN}")
  target_link_libraries(${LOADER} PRIVATE ${CMAKE_DL_LIBS})
endforeach()

install(TARGETS caffe_onednn LIBRARY DESTINATION lib)
