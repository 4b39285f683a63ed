"""The public register: a static site of what the office issued, and a verifier page that works offline.

Nothing is published that does not verify; the pages say the words that ``lubiao verify`` says.
"""
