"""Who a worker is, and whether it is certainly gone. A lease that ran out says "late"; only this says "dead"."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def _boot() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return "-"


def _started(pid: int) -> str:
    """Start time of a process in clock ticks: a process id that was given away again has another one."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "-"
    fields = stat.rpartition(")")[2].split()
    return "-" if fields[0] in "ZX" else fields[19]


def this_owner() -> str:
    """Host, boot and process namespace, process id and its start: unique among all workers ever."""
    return f"{socket.gethostname()}/{_boot()}/{os.getpid()}/{_started(os.getpid())}"


def is_certainly_dead(owner: str | None) -> bool:
    """True only if the worker ran on this host and boot and its process no longer exists.

    A worker elsewhere, or on a system without /proc, is never certainly dead: then its lease has to run out.
    """
    if not owner:
        return False
    host, _, rest = owner.partition("/")
    boot, _, process = rest.partition("/")
    pid, _, started = process.partition("/")
    if host != socket.gethostname() or boot != _boot() or boot == "-" or not pid.isdigit():
        return False
    return _started(int(pid)) != started
