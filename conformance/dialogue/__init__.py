"""The dialogue with a running service: which calls are made, in which order, and what each of them proves."""
