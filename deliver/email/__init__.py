"""Mail, outwards: over SMTP, whoever runs the server."""
