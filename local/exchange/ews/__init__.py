"""The EWS face of the simulated Exchange: SOAP over the mailbox store, one operation per file as Microsoft names it."""
