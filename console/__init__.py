"""What the commands of `demo` and of `stack` share: settings, progress, errors, answers over HTTP.

It starts nothing itself.
"""
