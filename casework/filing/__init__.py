"""Opening cases: the bodies that are filed, and the desk that makes start messages from them.

API, rehearsals and the quarterly schedule open cases in this way. The rules are in
``casework/domain/kinds/<kind>/opening.py``.
"""
