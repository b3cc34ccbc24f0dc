"""Identity beyond SQL: optional matching that only proposes, and forgetting people everywhere."""
