"""The procedure of a service request: what follows from each verb, and from time alone."""
