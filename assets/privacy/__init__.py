"""Forgetting a person everywhere: raw and landing files, the ledger, hand-off files, previews, both databases."""
