"""The HTTP face: one application, one Work dependency, one guard, one way to tell a problem."""
