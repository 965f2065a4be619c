"""The public door: forms and API. Nothing is here yet; requests are registered in the Prefect UI and by command."""
