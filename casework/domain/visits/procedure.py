"""The procedure of a round of visits: what follows from each verb, and from time alone."""
