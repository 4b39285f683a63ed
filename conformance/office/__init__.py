"""The issuing office: its events, its log, its certificates, and what is verified about them."""
