"""The simulated platform: Lubiao plays the province's sharing platform, and a vendor's client calls it."""
