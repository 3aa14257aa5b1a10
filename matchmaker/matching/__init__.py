"""The only meeting point of the lists with the engine: facts, runs, stored matches and their explanation."""
