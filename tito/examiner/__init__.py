"""The trusted side: runs the locked tests, and asks the exam room for what a student's code gives."""
