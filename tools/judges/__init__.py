"""tools/judges"""
