"""The way out to servers that users name: vetted addresses, verified TLS, no redirects. Knows nothing of mail."""
