"""Guild: the back office of a freelancers' union-cooperative."""

__version__ = "0.1.0"
