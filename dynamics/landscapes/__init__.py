"""A loss with parameters: what it is, what can be asked of it, how it is written, read and typeset."""
