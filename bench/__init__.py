"""Measurements (``make bench``): ratios against a floor, not seconds."""
