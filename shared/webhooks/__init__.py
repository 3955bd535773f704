"""Process starts over HTTP: CloudEvents in structured JSON, signed as Standard Webhooks has it."""
