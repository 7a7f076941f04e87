"""What tests/hub/class_hub.py and the hub's process both know."""

LOGIN_SECRET = "login-secret-of-the-tests"


def service_token(name: str) -> str:
    """The token of the service `name`."""
    return f"{name}-" + "0123456789abcdef" * 2
