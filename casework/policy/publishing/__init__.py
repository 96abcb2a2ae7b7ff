"""The catalogue as something that is published: its archive, its versions, what changes."""
