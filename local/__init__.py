"""One machine stands in for Azure and Exchange. Nothing here is deployed, and nothing that is deployed knows of it."""
