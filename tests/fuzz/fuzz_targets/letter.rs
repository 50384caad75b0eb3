#![no_main]
mleg_fuzz::target!(letter);
