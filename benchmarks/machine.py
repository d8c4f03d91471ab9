"""What this machine can do, and what this process holds."""

import platform
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil


def seconds(function):
    """Return the wall seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def peak_rate(size=1024, repeats=8):
    """Return the operations a second of a large float32 matrix product."""
    a = np.ones((size, size), np.float32)
    return 2 * size**3 / min(seconds(lambda: a @ a) for _ in range(repeats))


def bandwidth(megabytes=64, repeats=20):
    """Return the bytes a second of copying an array that no cache holds: read and written."""
    a = np.ones(megabytes << 18, np.float32)
    b = np.empty_like(a)
    np.copyto(b, a)  # first: pages are handed out when they are written
    return 2 * a.nbytes / min(seconds(lambda: np.copyto(b, a)) for _ in range(repeats))


def resident():
    """Return the bytes of memory that this process holds."""
    return psutil.Process().memory_info().rss


def processor():
    """Return the kind of processor, as it calls itself."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions():
    """Return the versions of what is compared; a library that is not installed is left out."""
    found = {"Python": platform.python_version()}
    for name in ("numpy", "tensorflow", "keras", "torch"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
