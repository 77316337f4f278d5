"""Files that get smaller and come back."""
