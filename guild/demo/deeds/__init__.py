"""What each kind of step does, by subject; importing a module registers its deeds."""
