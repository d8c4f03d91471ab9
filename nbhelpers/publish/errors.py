"""The builder's own error, so that it needs nothing from what chapters import."""


class PublishError(Exception):
    """The book cannot be built as it stands; the message says what to change."""
