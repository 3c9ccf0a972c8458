"""From the broker to the store: receive, decode, accept, commit, acknowledge, hand on."""
