"""Quality: what the values of a delivery must be like, as data, and the checks that find the rows that are not."""
