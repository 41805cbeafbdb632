"""Speech: from waveforms to what a GRU reads."""
