"""Reading and writing messages: headers, parts, text, HTML, quoting, and the one sanitiser."""
