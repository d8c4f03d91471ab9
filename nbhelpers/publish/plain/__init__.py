"""MyST to plain Markdown: chapters for tools that know no MyST."""
