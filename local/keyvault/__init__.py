"""Key Vault's secrets on one machine: the real REST protocol over an invented vault."""
