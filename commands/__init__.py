"""The commands of the command line, one idea a module: read, call the library, write."""
