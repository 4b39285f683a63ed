"""Judging what is around the values of an exchange: envelopes, series of packages, exchange tables."""
