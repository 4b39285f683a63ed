"""How what a service did is decided: pure functions over calls and answers."""
