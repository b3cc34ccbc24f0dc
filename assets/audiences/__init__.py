"""Lists of customers for ad platforms and newsletter tools. SQL decides who is on them; here they are only written."""
