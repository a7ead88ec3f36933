"""What the sections of the pages show: one module a page, one function a section."""
