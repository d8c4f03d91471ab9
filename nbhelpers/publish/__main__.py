"""The builder's commands: ``python -m nbhelpers.publish --help``."""

import argparse
import contextlib
import errno
import getpass
import os
import sys
from pathlib import Path

from nbhelpers.publish.project import PACKAGE, PROFILES, Project, PublishError, pages_url

sys.modules["rfc3987_syntax"] = None  # as in tasks/__init__.py

CLUSTER = """
What follows -- goes to Snakemake, which then shows its own messages; for instance
  python -m nbhelpers.publish build -- --dry-run
  python -m nbhelpers.publish build -- --executor slurm --jobs 20
"""

WINDOWS = (
    "The book is built on Linux and macOS. On Windows, use WSL "
    "(https://learn.microsoft.com/windows/wsl/install) and run the same command there."
)
# Errors of the machine, not of the book; the last one is that of disks without permissions.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


def main(arguments=None):
    """Run a command; return 0 if all went well, 1 after saying what did not."""
    if sys.platform == "win32":
        print(WINDOWS, file=sys.stderr)
        return 1
    arguments = sys.argv[1:] if arguments is None else arguments
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options = _parser().parse_args(arguments[:at])
    options.extra = arguments[at + 1 :]
    for folder in ("NBHELPERS_DATA", "NBHELPERS_BUILD"):
        if os.environ.get(folder):  # may be relative, and chapters run elsewhere
            os.environ[folder] = os.path.abspath(os.path.expanduser(os.environ[folder]))
    try:
        project = Project.at(options.root)
        _have_name_and_home(project)
        options.run(project, options)
    except PublishError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        print(
            f"{error.filename or options.root}: {error.strerror}; expected room to write there. "
            "What was built before stays. Free some space, mend the permissions, or name another "
            "folder by NBHELPERS_BUILD.",
            file=sys.stderr,
        )
        return 1
    return 0


def _have_name_and_home(project):
    """Give a user whom the system does not know, as in containers, what libraries ask it for."""
    try:
        getpass.getuser()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        os.environ["LOGNAME"] = str(os.getuid())
    if not os.access(os.path.expanduser("~"), os.W_OK):  # which is "~" where there is none
        _move_home(project.build / "home")


def _move_home(home):
    """Give libraries another home to keep files in, where the data of the old one are found."""
    import pooch

    with contextlib.suppress(RuntimeError):  # no home at all
        old = pooch.os_cache("nbhelpers").absolute()
        os.environ["HOME"] = str(home)
        new = pooch.os_cache("nbhelpers")
        if old.is_dir() and not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            new.symlink_to(old)
    os.environ["HOME"] = str(home)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m nbhelpers.publish", description="Turn the chapters into the book."
    )
    parser.add_argument("--root", default=".", help="top of the checkout; default is here")
    commands = parser.add_subparsers(required=True, metavar="command")

    command = _command(commands, _build_book, "build", "execute, validate, assemble, make HTML")
    _add_build_options(command, "full")
    command.add_argument(
        "--only", nargs="+", default=[], metavar="CHAPTER",
        help="execute and validate only these chapters (no HTML)",
    )  # fmt: skip
    command.add_argument(
        "--require-real", action="store_true",
        help="refuse embedded data of sets that anybody can download, as publishing must",
    )  # fmt: skip

    command = _command(commands, _validate, "validate", "execute (quick) and compare with nbval")
    _add_build_options(command)
    command.add_argument("only", nargs="*", metavar="CHAPTER", help="default: all chapters")

    command = _command(commands, _why, "why", "say why a chapter would be executed again")
    _add_profile(command, "full")
    command.add_argument("chapter")

    command = _command(commands, _pdf, "pdf", "print the built book, and each of its pages")
    _add_pages(command)
    command.add_argument("--paper", choices=("A4", "Letter"), default="A4")
    command.add_argument(
        "--edition", choices=("reader", "complete"), default="reader",
        help="reader: without the code that the pages fold away (default); complete: all code",
    )  # fmt: skip

    command = _command(commands, _epub, "epub", "make an EPUB of the built book")
    _add_pages(command)

    command = _command(commands, _zip, "zip", "put the built pages into one file")
    _add_pages(command)

    command = _command(commands, _site, "site", "copy what is published into a new folder")
    _add_pages(command)
    command.add_argument("out", type=Path)

    command = _command(commands, _serve, "serve", "serve the book here; rebuild what changes")
    _add_build_options(command, "quick")
    command.add_argument("--port", type=int, default=8000, help="default: %(default)s")

    command = _command(commands, _notebooks, "notebooks", "write notebooks/ anew from book/")
    command.add_argument("--check", action="store_true", help="only say what is out of step")

    _command(commands, _my_notebooks, "my-notebooks", "copy notebooks/ to work in, what is missing")

    command = _command(
        commands, _class, "class", "write notebooks for a class: without and with solutions"
    )
    command.add_argument(
        "--nbgrader", action="store_true", help="add the exercises as assignments for nbgrader"
    )

    command = _command(
        commands, _reference, "reference", "build the book; keep its numbers in the package"
    )
    _add_build_options(command)

    command = _command(commands, _new_chapter, "new-chapter", "write a chapter's skeleton")
    command.add_argument("name", help="path within book/, such as case-studies/orl-faces")
    command.add_argument("title")
    return parser


def _command(commands, run, name, summary):
    command = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.set_defaults(run=run)
    return command


def _add_profile(command, default):
    command.add_argument(
        "--profile", choices=PROFILES, default=default,
        help="full: the chapters' own values; quick: every line in seconds (default: %(default)s)",
    )  # fmt: skip


def _add_pages(command):
    _add_profile(command, "full")
    command.add_argument(
        "--pages", metavar="FOLDER", help="built pages elsewhere (default: the profile's)"
    )


def _add_build_options(command, profile=None):
    command.epilog = CLUSTER
    if profile:
        _add_profile(command, profile)
    command.add_argument(
        "--cores", type=int, metavar="N", help="chapters side by side at most (default: CPUs)"
    )
    command.add_argument(
        "--memory-mb", type=int, metavar="N", help="memory for all of them (default: free)"
    )


def _build(project, options, profile=None, only=(), **more):
    from nbhelpers.publish.build import build

    limits = {"cores": options.cores, "memory_mb": options.memory_mb, "extra": options.extra}
    return build(project, profile or options.profile, only=only, **limits, **more)


def _build_book(project, options):
    from nbhelpers.publish.reference import DOWNLOADABLE

    needed = DOWNLOADABLE if options.require_real else ()
    _build(project, options, only=options.only, must_be_real=needed)


def _validate(project, options):
    _build(project, options, "quick", only=options.only, pages=False)


def _why(project, options):
    from nbhelpers.publish.plan import why

    print("\n  ".join(why(project, options.profile, options.chapter)))


def _built(project, options):
    from nbhelpers.publish.desk.pages import Book

    return Book.at(options.pages or project.html(options.profile))


def _pdf(project, options):
    from nbhelpers.publish.desk.pdf import write_pdf

    out = project.desk(options.profile)
    address = pages_url(PACKAGE.parent)
    book = _built(project, options)
    whole, *pages = write_pdf(book, out, address, options.paper, options.edition)
    print(f"{whole}\nIts {len(pages)} pages, each alone, are in {out / 'pages'}.")


def _epub(project, options):
    from nbhelpers.publish.desk.epub import write_epub

    address = pages_url(PACKAGE.parent)
    print(write_epub(_built(project, options), project.desk(options.profile), address))


def _zip(project, options):
    from nbhelpers.publish.desk.archive import write_zip

    print(write_zip(_built(project, options), project.desk(options.profile)))


def _site(project, options):
    from nbhelpers.publish.desk.site import write_site

    names = write_site(_built(project, options), project.desk(options.profile), options.out)
    print(f"{options.out} has the pages. Offered beside them: {', '.join(names) or 'nothing'}.")


def _serve(project, options):
    from livereload import Server

    def rebuild():
        try:
            _build(project, options)
        except PublishError as error:  # the author reads it, mends the source and saves again
            print(error, file=sys.stderr)

    rebuild()
    server = Server()
    for source in (project.book, PACKAGE, project.root / "_config.yml", project.root / "_toc.yml"):
        server.watch(str(source), rebuild, ignore=lambda path: "__pycache__" in path)
    server.serve(root=str(project.html(options.profile)), port=options.port)


def _notebooks(project, options):
    from nbhelpers.publish.plain.notebooks import check_notebooks, write_notebooks

    if options.check:
        check_notebooks(project)
    else:
        print("\n".join(write_notebooks(project) or ["notebooks/ is in step with book/."]))


def _my_notebooks(project, options):
    from nbhelpers.publish.plain.notebooks import MINE, copy_notebooks

    for path in copy_notebooks(project):
        print(f"{path} is kept; it is not the course's any more. For a new copy, rename it.")
    print(f"Your copies of the chapters are in {MINE}/.")


def _class(project, options):
    from nbhelpers.publish.plain.classes import write_class

    folder = write_class(project, options.nbgrader)
    print(f"{folder}: students/ has no solutions, teachers/ has them.")


def _reference(project, options):
    from nbhelpers.publish.reference import MUST_BE_REAL, write_references

    plan = _build(project, options, "full", must_be_real=MUST_BE_REAL)
    changed = write_references(project, plan)
    print("\n".join(changed or ["The references are those of this book already."]))


def _new_chapter(project, options):
    from nbhelpers.publish.chapters import new_chapter

    print(new_chapter(project, options.name, options.title))


if __name__ == "__main__":
    sys.exit(main())
