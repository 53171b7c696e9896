"""From a file to a picture: parsing, decoding, grey and colour transforms; without Qt."""
