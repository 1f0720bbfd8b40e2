"""What a processor is: its instructions, its registers, and how fast it is."""
