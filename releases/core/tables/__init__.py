"""Tables in files: CSV, OpenDocument and Office Open XML, read into the same cells and written safely."""
