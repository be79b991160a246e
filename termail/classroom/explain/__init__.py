"""What a line of protocol means, word by word, with RFC and section: tables, and the reader of lines over them."""
