"""Files are read in processes that can be killed: what they hold is not trusted."""
