"""Controls measured on the trained decoder, without further training (`control.ControlAtTest`)."""
