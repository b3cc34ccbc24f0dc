"""Test messages to the retailer's own people: who they are, the samples, how these are sent, and what came of it."""
