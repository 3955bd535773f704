"""Entra and the managed identity endpoint on one machine: real protocols, real tokens, an invented directory."""
