"""What works on any IR: parsing, verifying, dominance, nearest names, known sizes."""
