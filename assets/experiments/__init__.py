"""Experiments: statistics from sums, and what they mean in words."""
