"""Show the book on this machine and rebuild it when a source changes."""

import sys

from nbhelpers.publish.build import build
from nbhelpers.publish.project import PACKAGE, PublishError


def serve(project, profile="quick", port=8000, **options):
    """Build the book, serve it, and rebuild and reload it in the browser after each edit.

    Parameters
    ----------
    project : Project
    profile : {"full", "quick"}, default="quick"
    port : int, default=8000
        On this machine only.
    **options
        For `nbhelpers.publish.build.build`.
    """
    from livereload import Server

    def rebuild():
        try:
            build(project, profile, **options)
        except PublishError as error:  # the author reads it, mends the source and saves again
            print(error, file=sys.stderr)

    rebuild()
    server = Server()
    for source in (project.book, PACKAGE, project.root / "_config.yml", project.root / "_toc.yml"):
        server.watch(str(source), rebuild, ignore=lambda path: "__pycache__" in path)
    server.serve(root=str(project.html(profile)), port=port)
