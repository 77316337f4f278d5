"""Rows, plan, training, keeping: what all estimators do when they are fitted."""
