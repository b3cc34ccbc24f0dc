"""Counts requests per somebody in a sliding minute, in memory. Keeps no address: only a hash with a random salt."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable


class Throttle:
    """At most `limit` requests per key in any 60 seconds. Safe to use from several threads."""

    def __init__(self, limit: int, *, capacity: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._capacity, self._clock = limit, capacity, clock
        self._salt = secrets.token_bytes(16)
        self._seen: OrderedDict[bytes, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def is_too_much(self, key: str) -> bool:
        """Count one request; True if it is one too many."""
        name = hashlib.blake2b(key.encode(), key=self._salt, digest_size=12).digest()
        now = self._clock()
        with self._lock:
            times = self._seen.setdefault(name, deque())
            self._seen.move_to_end(name)
            while times and times[0] <= now - 60:
                times.popleft()
            # The table is bounded: whoever was quiet longest is forgotten first.
            while len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
            if len(times) >= self._limit:
                return True
            times.append(now)
            return False
