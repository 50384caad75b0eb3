#![no_main]
mleg_fuzz::target!(holder_code);
