"""The Graph face of the simulated Exchange: /v1.0 over the mailbox store, for any mail client that speaks Graph."""
