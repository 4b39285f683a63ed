"""What carries calls to an exchange service: HTTP, TLS, signing; it states facts and judges nothing."""
