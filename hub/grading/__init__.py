"""The grading service: visible tests as soon as something is handed in, everything once its deadline has passed."""
