"""The abstract test suite: one module for each standard, one test for each requirement; each reads like its clause.

A test names its requirement; the plugin makes one item of it for each target in the plan, and hands it what was judged:
``Judged``, with :meth:`must_hold` for the only question that a clause over data asks.
"""
