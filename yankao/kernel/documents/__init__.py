"""文件 What every document of the house is written with: OpenDocument text, tagged PDF, pictures, zips.

A report and a letter differ in what they say and how they look; how a paragraph becomes XML, which fonts a
page is set in and how the same input gives the same bytes stands here, once. Nothing here has a clock or
asks a database. See decision 0011.
"""
