"""Tasks as the rows that trainers read."""
