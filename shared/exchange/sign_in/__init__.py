"""Access tokens of Entra ID for Exchange Online. Knows nothing of mail; keeps what it gets in memory and nowhere else."""
