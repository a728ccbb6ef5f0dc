"""The page of all runs: `python -m chapters report` writes one HTML file that needs nothing else.

command     the flags, and what is told
shelf       what lies in the output folder: runs and comparisons, by chapter
beside      a comparison with Keras
page        the page, and its overview
chapter     a chapter of it
values      figures as tables
curves      trainings as drawings
pictures    PNG and GIF, packed into the page
markup      elements; text in them stays text
style.css   how it looks: on a phone, on a desk, light and dark
"""
