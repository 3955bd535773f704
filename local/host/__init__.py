"""The development functions host: what Azure Functions does with ``function_app.py``, on one machine.

It knows the platform's semantics and nothing of the connector; ``python -m local.host --app-dir DIR`` runs any Python v2 app.
"""
