"""The library from a chest CT on disk to a Caffe blob.

Axis order is (z, y, x) = (plane, row, column) in LPS everywhere: x grows to the patient's left,
y to the back, z to the head. Voxels are HU in int16. See reading/scan.py.
"""
