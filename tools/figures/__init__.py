"""Figures for print: arrays and computed numbers in, one PNG out; nothing is computed or read here.

Each module has NAME_figure, which builds a matplotlib Figure, and draw_NAME, which writes it.
"""
