"""Payment providers: what Guild asks of one, and the two it knows. Off unless keys are set."""
