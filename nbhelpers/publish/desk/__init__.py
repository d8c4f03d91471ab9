"""The built pages for the desk: a PDF to print, an EPUB, one archive to read without a network."""
