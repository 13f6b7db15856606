"""Token ids to the last hidden states, competitor beside competitor."""
