#![no_main]
mleg_fuzz::target!(request_object);
