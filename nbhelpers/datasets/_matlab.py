"""Matlab files, as far as sets of faces need them: variables that are arrays of numbers.

`scipy.io.loadmat` reads them, too, but damaged bytes can end the whole process there. The format:
"MAT-File Format", The MathWorks, version 5.
"""

import struct
import zlib

import numpy as np

HEADER = 128  # bytes of text, version and order of bytes
MATRIX, COMPRESSED = 14, 15  # kinds of elements
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
           13: "u8"}  # fmt: skip
ARRAYS = range(6, 16)  # the classes of variables that are full arrays of numbers


def read_variables(data, names, limit):
    """Return some variables of a Matlab file, which may be compressed.

    Parameters
    ----------
    data : bytes
    names : sequence of str
        Other variables are passed over, whatever they hold.
    limit : int
        Bytes that the file, or one variable once unzipped, may have.

    Returns
    -------
    dict of str to ndarray
        As they are stored: Matlab writes whole numbers in the fewest bytes that hold all of them.

    Raises
    ------
    Exception
        Of nearly any kind, if the file is damaged or too large.
    """
    if len(data) > limit:
        raise ValueError(f"it has more than {limit:,} bytes")
    order = {b"IM": "<", b"MI": ">"}.get(data[126:HEADER])
    if order is None:
        raise ValueError("it is no Matlab file of version 5 to 7")
    found = {}
    for kind, content in _elements(data[HEADER:], order):
        if kind == COMPRESSED:
            ((kind, content),) = _elements(_unzipped(content, limit), order)
        if kind == MATRIX:
            flags, shape, name, *parts = _elements(content, order)
            if (name := name[1].decode("latin-1")) in names:
                found[name] = _array(flags, shape, parts, order)
    return found


def _elements(data, order):
    """Return the elements that follow each other in some bytes: the kind and content of each."""
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        start = at + 8
        if kind >> 16:  # at most four bytes, which stand where a longer element has its length
            kind, length, start = kind & 0xFFFF, kind >> 16, at + 4
        found.append((kind, data[start : start + length]))
        if len(found[-1][1]) != length:
            raise ValueError(f"an element of {length:,} bytes has {len(found[-1][1]):,}")
        at = max(at + 8, start + length)
        at += 0 if kind == COMPRESSED else -at % 8
    return found


def _unzipped(content, limit):
    """Return an element that was compressed: no more than may be read of it is ever unzipped."""
    unzip = zlib.decompressobj()
    data = unzip.decompress(content, limit + 1)
    if len(data) > limit:
        raise ValueError(f"a variable takes more than {limit:,} bytes once unzipped")
    if not unzip.eof:
        raise ValueError("a compressed variable ends in the middle")
    return data


def _array(flags, shape, parts, order):
    """Return an array as it is stored; what is complex, sparse or no numbers is refused."""
    if len(parts) != 1 or struct.unpack(order + "II", flags[1])[0] & 0xFF not in ARRAYS:
        raise ValueError("a variable is no array of real numbers")
    ((kind, content),) = parts
    dimensions = np.frombuffer(shape[1], order + "i4")
    return np.frombuffer(content, order + NUMBERS[kind]).reshape(dimensions, order="F")
