"""What is carried to a site: the agent that measures, and the far end that answers it. Imports nothing of the house."""
