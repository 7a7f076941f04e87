"""What nbgrader's configuration plugs in, by name: reading sources and submissions, running, penalties, submitting."""
