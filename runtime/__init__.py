"""What a compiled model needs to run: artifact, loader, thread pool and the public `Engine`."""
