"""The subcommands of ``rightsflow``, one module a topic; :mod:`flows.cli` joins them."""
