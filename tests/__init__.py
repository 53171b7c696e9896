"""The tests, in rooms named as the program's; ``archives`` holds real archives to test against."""
