import os

os.environ.setdefault("MPLBACKEND", "Agg")  # tests draw without a screen, on macOS too
