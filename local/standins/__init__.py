"""The stand-ins for Exchange, Entra and Key Vault in one process, with one fault book and one request counter."""
