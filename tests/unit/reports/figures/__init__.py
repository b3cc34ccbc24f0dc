"""Figures of a believable size for the report's tables, by what they are about; seeded, nothing real."""
