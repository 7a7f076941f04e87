"""What tests/hub/class_hub.py and the hub's process both know."""

LOGIN_SECRET = "login-secret-of-the-tests"

SERVICES = ("exchange", "libraries", "release", "grading", "culler")
SERVICE_TOKENS = {name: f"{name}-" + "0123456789abcdef" * 2 for name in SERVICES}
