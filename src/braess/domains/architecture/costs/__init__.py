"""What a network costs: operations, parameters, memory and time, and whether time adds up over its blocks."""
