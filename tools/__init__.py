"""Programs for whoever works on this; nothing of them is served or installed."""
