"""Reading files of records (XML, JSON, JSON Lines, CSV) as batches of columns, at the speed of the disc."""
