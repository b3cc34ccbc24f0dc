"""Gives freed memory back to the system: for processes that work through one large portion after another."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def give_back_freed_memory() -> None:
    """After a large portion was let go of, so that a process takes what one portion takes, however many there are.

    glibc keeps what is freed between things that stay, and finds too few places for the next portion's large pieces:
    over ten portions a process grew by half. Elsewhere only Arrow's own pool is emptied. Takes some milliseconds.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
