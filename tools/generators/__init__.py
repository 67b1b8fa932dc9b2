"""tools/generators"""
