"""Statistics of predictions against labels, on 1D arrays with one value a scan.

Nothing is imported here, so that a program pays only for the module it uses. Not named after
Python's `statistics`: a program in tools/ would then import this instead.
"""
