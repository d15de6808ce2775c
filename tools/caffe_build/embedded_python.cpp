// Sets up the interpreter that Caffe embeds, before Caffe calls Py_Initialize for the first Python
// layer. It belongs to the venv whose bin/ holds this executable: Python itself would look for
// `python3` on PATH, and `.venv/bin/caffe` run from a shell that has not activated the venv would
// not find its packages. It speaks UTF-8, as `python3` does, where an embedded one would take the
// C locale of a bare shell or batch job for ASCII.
#include <Python.h>

#include <limits.h>
#include <unistd.h>

#include <string>

namespace {

// Path of python3 beside this executable, or "" where there is none (not in a venv).
std::string PythonBesideExecutable() {
  char buffer[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", buffer, sizeof(buffer));
  if (size <= 0 || size == static_cast<ssize_t>(sizeof(buffer))) return "";
  std::string path(buffer, size);
  path.replace(path.rfind('/') + 1, std::string::npos, "python3");
  return access(path.c_str(), X_OK) == 0 ? path : "";
}

__attribute__((constructor)) void PrepareEmbeddedPython() {
  PyPreConfig config;
  PyPreConfig_InitPythonConfig(&config);
  config.parse_argv = 0;
  config.configure_locale = 0;  // the process's locale is not ours to change
  config.coerce_c_locale = 0;
  config.utf8_mode = 1;
  if (PyStatus_Exception(Py_PreInitialize(&config))) return;  // Py_Initialize will say why
  const std::string path = PythonBesideExecutable();
  if (path.empty()) return;  // PATH decides, as upstream
  if (wchar_t* name = Py_DecodeLocale(path.c_str(), nullptr)) {
    Py_SetProgramName(name);
    PyMem_RawFree(name);  // Python has its own copy
  }
}

}  // namespace
