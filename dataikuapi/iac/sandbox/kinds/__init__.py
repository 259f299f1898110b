"""The kinds of object that the sandbox knows, a file each, and what they share."""
