"""What opens cases: the bodies that are filed, and the desk that makes them into starts.

API, rehearsals and the quarterly schedule open cases by these; the rules are the kinds' own
(``casework/domain/kinds/<kind>/opening.py``).
"""
