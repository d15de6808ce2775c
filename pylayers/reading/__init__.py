"""Reading: what each file format says of a scan, and its voxels; scan.py is the front door.

Header and body are read here, not by ITK: its readers return voxels of truncated files, damaged
streams and NaN without an error, and follow a header out of the scan's folder.
"""
