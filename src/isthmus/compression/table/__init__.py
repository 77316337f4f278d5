"""Tables: columns as numbers, and a network of columns that predict each other."""
