"""The package behind the course *Neurons to Convolutions*.

Chapters import its modules one by one (``from nbhelpers import datasets``), so that a chapter pays
only for what it uses: TensorFlow, matplotlib and SymPy load where they are needed, never here.
"""

import contextlib
import logging
import os

__version__ = "0.1.0"

# What TensorFlow's C++ part says of a machine without a graphics card looks like an error, in red.
# Errors that matter come as exceptions. It looks here when it is imported, so this comes before.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# And its Python part prints, in a notebook, that a function was traced again. A filter, since it
# sets the level itself when it is imported.
logging.getLogger("tensorflow").addFilter(lambda record: record.levelno >= logging.ERROR)


@contextlib.contextmanager
def quiet():
    """Drop what libraries write to the standard error stream themselves, not through Python.

    For TensorFlow's first import, which says some lines before it reads its settings.
    """
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
