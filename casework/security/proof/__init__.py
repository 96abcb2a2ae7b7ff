"""A decision proves its officer: signed by whoever took it in, checked by the workflow.

Temporal believes whatever its namespace is sent. So each start, update and fact carries a proof
(凭证), signed by a process that knows who called: the API, the worker for what the system does by
itself, or a backend in its own name. See ``docs/adr/0021-a-decision-proves-its-officer.md``.
"""
