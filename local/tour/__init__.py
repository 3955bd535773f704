"""What the connector can do, played over HTTP, queues and SMTP by somebody who knows nothing but endpoints.json."""
