"""What every part of the stack agrees on about the Forest Covertype data.

Standard library only, so that each image can hold it without a dependency.
"""
