"""The words the built-in language knows, as YAML that a brand's people can read and change.
No code lives here; `tools.language.lexicon` and its neighbours read these files.
"""
