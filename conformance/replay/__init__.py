"""Stored evidence judged again: the record settled anew, columns counted anew by the oracle, editions compared."""
