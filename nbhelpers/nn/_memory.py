"""The memory of one batch is that of the next."""

import numpy as np

LARGEST = 31 * 2**20  # bytes; glibc keeps no piece above 32 MiB


def keep_freed_arrays():
    """Let Linux' allocator keep arrays that were freed, instead of returning them to the system.

    Every batch frees arrays of some megabytes, and the next asks for as many. What went back to the
    system must be handed out anew, page by page and each filled with zeros, which for a small
    network takes as long as a layer. glibc keeps pieces as large as the largest that was ever
    freed, up to 32 MiB (``man mallopt``, ``M_MMAP_THRESHOLD``), and at most twice as much in all.
    So one is freed here. Nothing is ever written to it, and so it takes no memory.
    """
    np.empty(LARGEST, np.uint8)
