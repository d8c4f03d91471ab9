"""The package behind the course *Neurons to Convolutions*.

Chapters import its modules one by one (``from nbhelpers import datasets``), so that a chapter pays
only for what it uses: TensorFlow, matplotlib and SymPy load where they are needed, never here.
"""

__version__ = "0.1.0"
