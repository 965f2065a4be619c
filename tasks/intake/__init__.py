"""How requests arrive: registered and sealed at once, from mail, site, APIs and programs."""
