"""tools/publish"""
