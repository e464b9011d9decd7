"""Guild under faults: real processes, real servers, real SIGKILLs."""
