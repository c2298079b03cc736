"""The migrations, oldest first. One that was published is never changed."""
