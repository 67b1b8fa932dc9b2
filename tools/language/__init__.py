"""tools/language"""
