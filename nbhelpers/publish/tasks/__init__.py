"""What the rules of the Snakefile do: one module a rule, one process a task."""

import sys

# Reading notebooks imports jsonschema, which compiles a grammar of web addresses if it finds one.
# No notebook needs it, and it would cost every task a second.
sys.modules["rfc3987_syntax"] = None
