"""Who proposes better parameters from a recorded run: by derivatives, by replays, by blocks, by repair, by a language model."""
