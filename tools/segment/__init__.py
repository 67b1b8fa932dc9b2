"""tools/segment"""
