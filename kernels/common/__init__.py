"""What several families of kernels are written with: views, loop nests, register tiles."""
