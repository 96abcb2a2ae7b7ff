"""What is wrong with a running Casework, and what to do about it: `casework doctor`."""
