"""One flow for each right, and the stages that they share."""
