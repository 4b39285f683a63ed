"""The data of the network access pack: plans, registries, profiles, platforms, probes."""
