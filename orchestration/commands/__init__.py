"""The commands of `fredning`, one module per part of the work. Each calls the code that the UI calls."""
