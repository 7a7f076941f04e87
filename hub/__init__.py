"""JupyterHub for the course: settings as pure functions, applied by jupyterhub_config.py."""
