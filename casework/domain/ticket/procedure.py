"""The procedure of a rating: what follows from each verb, and from time alone."""
