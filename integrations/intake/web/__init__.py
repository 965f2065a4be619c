"""What every page of ours shares: protection by headers, cookies and forms that cannot be forged, limits, words."""
