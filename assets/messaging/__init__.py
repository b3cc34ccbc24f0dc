"""Messaging: journeys and templates in, rendered messages and handed-off batches out."""
