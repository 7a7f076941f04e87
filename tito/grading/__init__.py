"""One submission in, one graded notebook out: for nbgrader's converter and `tito grade` alike."""
