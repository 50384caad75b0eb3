#![no_main]
mleg_fuzz::target!(ocsp_answer);
