#![no_main]
mleg_fuzz::target!(status_token);
