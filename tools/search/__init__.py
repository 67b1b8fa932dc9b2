"""tools/search"""
