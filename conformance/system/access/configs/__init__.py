"""Readers of device configurations: text to tree, tree to the vendor-neutral model, by tables of commands."""
