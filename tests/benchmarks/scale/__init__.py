"""A retailer of any size, resampled from real households, and the warehouse measured on it."""
