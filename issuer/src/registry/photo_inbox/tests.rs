//! The way of a picture from mail to card, on real books.

