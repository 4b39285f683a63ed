"""Typst: report and certificate as PDF/A-3, with fonts of our own, QR code, and PAdES. Needs the extra ``pdf``.

What a vendor wrote comes into a document as data only, never as source, and nothing of it is lost: a character that
the fonts lack is printed as its code point.
"""
