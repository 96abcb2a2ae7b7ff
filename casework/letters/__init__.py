"""Notices to applicants, employers and the superior: their texts, senders and book."""
