"""Sealing what is about a person: master keys in a ring, a secret for each case, and ciphers.

A case's secret lies in the register beside the case and can be deleted; what was sealed for the
case, in the register, in Temporal and in every copy of either, is then lost for good.
"""
