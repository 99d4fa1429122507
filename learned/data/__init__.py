"""What networks are trained on: generated pictures, Fashion-MNIST, photos, one's own."""
