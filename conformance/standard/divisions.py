"""Division codes (行政区划代码) in time: who had which code when, and what became of it.

The year-end rule of the data: a code is good at year ``y`` when ``valid_from <= y <= valid_to`` (empty: unbounded);
in the year of change both the old and the new one are.
"""
