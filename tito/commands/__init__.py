"""What each verb of the `tito` command does."""
