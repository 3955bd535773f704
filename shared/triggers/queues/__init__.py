"""Messages from storage queues: bytes in, a use case called, nothing else."""
