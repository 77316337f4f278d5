"""Fields of numbers over space and time, within an error."""
