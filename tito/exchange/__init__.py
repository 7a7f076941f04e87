"""The exchange over HTTP: nbgrader's seven exchange classes for the hub's service, and the signed receipt."""
