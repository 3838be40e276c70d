"""What is told: the pages by name, the gallery's entries, the lectures and their questions, as their files in assets/ say them."""
