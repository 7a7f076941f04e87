"""The ways to log in to a hub for a class, a module each: only the chosen one's packages are imported."""
