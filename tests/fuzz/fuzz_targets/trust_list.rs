#![no_main]
mleg_fuzz::target!(trust_list);
