#![no_main]
mleg_fuzz::target!(key_proof);
