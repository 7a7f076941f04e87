"""What runs inside an exam room, beside the student's code. Nothing in here is trusted by anybody outside."""
