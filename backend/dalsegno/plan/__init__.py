"""What is to happen: selections, plans with a reason for every step, and what may start next. No I/O."""
