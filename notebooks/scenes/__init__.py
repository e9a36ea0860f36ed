"""What stands behind the notebooks, one module each: its pictures and its questions."""
