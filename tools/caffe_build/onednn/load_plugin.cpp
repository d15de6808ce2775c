// Loads libcaffe_onednn.so from the lib/ of this Caffe, which the RPATH names, when the program or
// the module starts. SCAN2NUM_ENGINE=caffe in the environment leaves it out.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

__attribute__((constructor)) void LoadPlugin() {
  const char* engine = std::getenv("SCAN2NUM_ENGINE");
  if (engine != nullptr && std::strcmp(engine, "caffe") == 0) return;
  if (engine != nullptr && std::strcmp(engine, "onednn") != 0) {
    std::fprintf(stderr, "caffe: SCAN2NUM_ENGINE is '%s', neither onednn nor caffe: onednn\n", engine);
  }
  if (dlopen("libcaffe_onednn.so", RTLD_NOW | RTLD_LOCAL) == nullptr) {
    std::fprintf(stderr, "caffe: Caffe's own layers compute, since oneDNN's cannot be loaded: %s\n",
                 dlerror());
  }
}

}  // namespace
