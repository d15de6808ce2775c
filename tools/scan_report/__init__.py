"""score_scan --report: one scan's result as one HTML page that opens from disk without a network.

hints: what to do about a refused scan. meaning: what a number means. uncertainty: how far off the
validation split was. pictures, maps, charts: what is shown. page: all of it together.
"""
