"""The builder: text sources to executed, validated pages."""
