"""Trees of turns in place of separate episodes: planned, grown, credited, and laid out for SkyRL.

``plan`` is pure and says how trees grow, ``generator`` samples them, ``rows`` makes of them what
SkyRL trains on, ``paths`` what is logged, ``agents`` how several agents make one turn.
"""
