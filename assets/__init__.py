"""The steps around the warehouse: landing, quality, messaging, experiments, reports, and the demo retailer."""
