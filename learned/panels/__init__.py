"""What is known of banks as figures: each with its data, a caption and a text in its place."""
