"""A room for a class: the lecturer asks, phones answer, and nothing that is personal is kept."""
