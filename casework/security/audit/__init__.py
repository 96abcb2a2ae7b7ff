"""The audit chain: hashes of events, signed digests of the day, and what verifying finds."""
