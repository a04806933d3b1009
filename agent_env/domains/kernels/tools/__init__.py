"""What an agent that writes kernels may call, one tool a file."""
