"""How many NVIDIA GPUs this process may use, according to their driver."""

import ctypes


def gpu_count() -> int:
    """Return the number of GPUs; 0 where there is no driver, or none that works."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value
