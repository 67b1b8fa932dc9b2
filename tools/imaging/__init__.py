"""tools/imaging"""
