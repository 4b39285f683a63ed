"""Exchange services as data: the convention, the error catalogue, profiles, registrations of interfaces."""
