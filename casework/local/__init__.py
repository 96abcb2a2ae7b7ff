"""What runs on one machine only: the local stack, its token issuer, and the fake town outside."""
