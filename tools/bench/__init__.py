"""The parts of tools/benchmark.py and tools/gpu_check.py.

Whatever is timed runs in a child process of its own (engine.py starts it, serve.py answers), so
that no two BLAS or OpenMP libraries meet in one process. Children: *_engine.py measure networks,
*_loader.py make one stack. Parts of the benchmark: measure_*.py. For GPUs: gpu_*.py, timed_net.py.
"""
