"""The report as a PDF file.

`document.py` reads what is printed and `breaches/rules/document.py` lays it out. `templates/breaches/document.html` and
`static/pdf/report.css` say how it looks. `render.py` makes the file.
"""
