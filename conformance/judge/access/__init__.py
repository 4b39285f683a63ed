"""How access to the e-government extranet is judged: declaration, device configurations and observations (``NA-*``)."""
