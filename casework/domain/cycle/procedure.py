"""The procedure of a service cycle: what follows from each verb, and from time alone."""
