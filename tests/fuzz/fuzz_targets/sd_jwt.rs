#![no_main]
mleg_fuzz::target!(sd_jwt);
