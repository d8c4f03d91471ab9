"""A Sphinx extension that ends a build which would leave pages with what other pages said before.

Sphinx reads and writes the pages that changed. But a page also shows others: their titles in its
sidebar, and in its text the numbers of their figures, equations and exercises.
"""

import copy

ANEW = 75  # the exit status that asks for a build of all pages


def shown_elsewhere(env):
    """Return all that a page may show of another one: where it stands, titles, labels, numbers."""
    std, math, cite = (env.get_domain(name) for name in ("std", "math", "cite"))
    shown = {
        "order": env.toctree_includes,
        "titles": {page: title.pformat() for page, title in env.titles.items()},
        "headings": {page: toc.pformat() for page, toc in env.tocs.items()},
        "numbers": (env.toc_secnumbers, env.toc_fignumbers),
        "labels": set(std.get_objects()),
        "equations": math.equations,
        "exercises": {
            label: (entry["docname"], entry["type"], entry["node"][0].pformat())
            for label, entry in getattr(env, "sphinx_exercise_registry", {}).items()
        },
        "cited": {(entry.bibliography_key.docname, entry.key) for entry in cite.citations},
    }
    return copy.deepcopy(shown)  # it is kept with the environment, which goes on changing


def _end_if_stale(app, env):
    before, now = getattr(env, "shown_elsewhere", None), shown_elsewhere(env)
    if before not in (None, now):
        raise SystemExit(ANEW)
    env.shown_elsewhere = now
    return ()  # no more pages to write


def setup(app):
    """Look when all pages are read and all numbers are given, by an earlier listener."""
    app.connect("env-get-updated", _end_if_stale, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
