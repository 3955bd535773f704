"""What `make run` starts: the whole product on one machine, and its orderly end."""
