"""Ways to reach a person, one file each; a new one is a new file and one line where the application is put together."""
