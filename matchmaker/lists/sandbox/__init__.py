"""What runs in a confined child process, started by ``lists/files/child``. It imports nothing else of the project, and
stands beside ``files`` so that importing it does not import the packages that ``files`` needs."""
