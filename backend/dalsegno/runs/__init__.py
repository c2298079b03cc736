"""What was asked and what happened: records of runs, their events, and pure folds over them."""
