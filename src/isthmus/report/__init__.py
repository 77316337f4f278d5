"""An honest account of a fitted autoencoder: held-out error beside PCA's, and pictures."""

from isthmus.report.comparison import Comparison, compare
from isthmus.report.map_file import write_map
from isthmus.report.names import without_folders
from isthmus.report.page import write_report
from isthmus.report.sweep import print_sweep, size_to_take, write_sweep
from isthmus.report.terminal import print_table

__all__ = [
    "Comparison",
    "compare",
    "print_sweep",
    "print_table",
    "size_to_take",
    "without_folders",
    "write_map",
    "write_report",
    "write_sweep",
]
