"""The report site: figures from the marts, drawn and told on one page that needs nothing from the net."""
