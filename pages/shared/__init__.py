"""What the pages share: scene and session, how a page begins, controls, waiting, and the components."""
