"""Text: models that read and write it."""
