"""Tools around the decision ledger: explain it, replay it, compare it, try another policy. None of them sends."""
