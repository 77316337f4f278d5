"""Stacks of similar images, exactly."""
