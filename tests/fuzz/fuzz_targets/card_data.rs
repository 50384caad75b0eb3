#![no_main]
mleg_fuzz::target!(card_data);
